# 5. Another guest asks for what a clerk has to confirm, in the same shell: the state is `requested`.
TOKEN=$(curl -sS -H "Idempotency-Key: $(uuid)" -H 'Content-Type: application/json' \
  $API/v1/sessions/guest -d "{\"installationId\": \"$(uuid)\"}" | field '["accessToken"]')
FREE=$(curl -sS "$API/v1/cities/gelsenkirchen/availability/earliest?service=einbuergerung&limit=1")
OFFICE=$(echo "$FREE" | field '["items"][0]["office"]')
HOLD=$(post $API/v1/holds -d "{
  \"office\": \"$OFFICE\", \"start\": \"$(echo "$FREE" | field '["items"][0]["start"]')\",
  \"services\": [{\"service\": \"0193a000-0002-7000-8000-000000000014\"}]}" | field '["id"]')
ASKED=$(post $API/v1/appointments -d "{\"hold\": \"$HOLD\", \"person\": {\"name\": \"Max Muster\"}}"); echo "$ASKED"

# 6. A clerk of that office confirms it.
SLUG=$(curl -sS $API/v1/cities/gelsenkirchen/offices/$OFFICE | field '["slug"]')
TOKEN=$(make -s token ROLE=clerk OFFICE=$SLUG)
post $API/v1/clerk/appointments/$(echo "$ASKED" | field '["id"]')/confirm -d '{}'
