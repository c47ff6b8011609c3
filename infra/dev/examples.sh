API=http://127.0.0.1:8000
uuid() { python3 -c 'import uuid; print(uuid.uuid4())'; }
field() { python3 -c "import json, sys; print(json.load(sys.stdin)$1)"; }
post() { curl -sS -H "Authorization: Bearer $TOKEN" -H "Idempotency-Key: $(uuid)" -H 'Content-Type: application/json' "$@"; }

# 1. Begin as a guest: there is nothing to register. The phone says where its pushes go, and in which language.
PHONE=$(uuid)
TOKEN=$(curl -sS -H "Idempotency-Key: $(uuid)" -H 'Content-Type: application/json' \
  $API/v1/sessions/guest -d "{\"installationId\": \"$PHONE\"}" | field '["accessToken"]')
curl -sS -X PUT -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
  $API/v1/devices/$PHONE -d "{\"fcmToken\": \"$(uuid)\", \"platform\": \"android\", \"language\": \"en\"}"

# 2. Find the earliest place for an identity card, anywhere in the city.
FREE=$(curl -sS "$API/v1/cities/gelsenkirchen/availability/earliest?service=personalausweis&limit=1"); echo "$FREE"

# 3. Hold it: for ten minutes it is yours.
HOLD=$(post $API/v1/holds -d "{
  \"office\": \"$(echo "$FREE" | field '["items"][0]["office"]')\",
  \"start\": \"$(echo "$FREE" | field '["items"][0]["start"]')\",
  \"services\": [{\"service\": \"0193a000-0002-7000-8000-000000000001\", \"persons\": 1}]}"); echo "$HOLD"

# 4. Book it.
BOOKED=$(post $API/v1/appointments -d "{
  \"hold\": \"$(echo "$HOLD" | field '["id"]')\",
  \"person\": {\"name\": \"Erika Mustermann\"}, \"contact\": {\"email\": \"erika@example.org\"}}"); echo "$BOOKED"

# What its phone is told: a push, listed at /sent of the address that was printed as `fcm`; the inbox has all of it.
curl -sS -H "Authorization: Bearer $TOKEN" -H 'Accept-Language: en' $API/v1/inbox

# Its papers: the entry for a calendar, and the pass with its QR code.
APPOINTMENT=$(echo "$BOOKED" | field '["id"]')
curl -sS -H "Authorization: Bearer $TOKEN" $API/v1/appointments/$APPOINTMENT/calendar.ics
curl -sS -H "Authorization: Bearer $TOKEN" $API/v1/appointments/$APPOINTMENT/pass
