# What people are told. Each kind has .title and .push (general: no name, place, time or number, since they pass through
# other hands) and .body (inbox and mail). $reason, $counter and $until are not always there: then $has-… is "no".

when = { $date } at { $time }

appointment-requested =
    .title = Appointment requested
    .push = We have received your request. You will be told as soon as it is answered.
    .body = We have received your request: { $services } on { when } ({ $office }). It is not confirmed yet; you will be told. Your reference: { $reference }.
appointment-confirmed =
    .title = Appointment confirmed
    .push = Your appointment is confirmed.
    .body = Your appointment is confirmed: { $services } on { when } ({ $office }, { $address }). Your reference: { $reference }.
appointment-rejected =
    .title = Appointment not possible
    .push = There is an answer to your request.
    .body = { $has-reason ->
        [yes] We could not confirm your request for { $services } on { when } ({ $office }). Reason: { $reason }
       *[no] We could not confirm your request for { $services } on { when } ({ $office }).
    }
appointment-rescheduled =
    .title = Appointment moved
    .push = Your appointment has a new time.
    .body = { $by ->
        [person] You have moved your appointment. New time: { when } ({ $office }, { $address }). Your reference is still { $reference }.
       *[clerk] The office has moved your appointment. New time: { when } ({ $office }, { $address }). If it does not suit you, you can change it. Your reference is still { $reference }.
    }
appointment-cancelled =
    .title = Appointment cancelled
    .push = Your appointment will not take place.
    .body = { $by ->
        [person] You have cancelled your appointment on { when } ({ $office }).
       *[clerk] { $has-reason ->
            [yes] The office has to cancel your appointment on { when } ({ $office }). Reason: { $reason } We are sorry. You can book a new one right away.
           *[no] The office has to cancel your appointment on { when } ({ $office }). We are sorry. You can book a new one right away.
        }
    }
appointment-expired =
    .title = Request not answered
    .push = Your request has run out.
    .body = Your request for { $services } on { when } ({ $office }) was not answered in time. We are sorry. Please book a new appointment.
appointment-no_show =
    .title = Appointment missed
    .push = Your appointment is over. You can book a new one.
    .body = We did not meet you at your appointment on { when } ({ $office }). If you still need it, please book a new one.
appointment-called =
    .title = It is your turn
    .push = Please come now. Where to is shown in the app.
    .body = { $has-counter ->
        [yes] Please come now to: { $counter }.
       *[no] Please come to the counter now.
    }
appointment-reminder =
    .title = Your appointment is coming up
    .push = You have an appointment soon.
    .body = Your appointment: { $services } on { when } ({ $office }, { $address }). Your reference: { $reference }. If you cannot come, please cancel, so that somebody else gets the place.
appointment-checked_in =
    .title = Checked in
    .push = You are checked in.
    .body = You are checked in ({ $office }). We will call you.
appointment-parked =
    .title = Put back
    .push = Your turn has been put back.
    .body = Your turn has been put back ({ $office }). We will call you again.
appointment-completed =
    .title = Appointment completed
    .push = Your appointment is completed.
    .body = Your appointment on { when } ({ $office }) is completed.
appointment-contact_changed =
    .title = Contact details changed
    .push = Something about your appointment has been changed.
    .body = The contact details of your appointment on { when } ({ $office }) have been changed.

waiting-offer =
    .title = A place has become free
    .push = A place is free for you. It is kept for a short time only.
    .body = { $has-until ->
        [yes] A place is free for you: { when } ({ $office }). It is kept for you until { $until }. Accept it in the app, or somebody else will get it.
       *[no] A place is free for you: { when } ({ $office }). Accept it in the app, or somebody else will get it.
    }
waiting-withdrawn =
    .title = The place is no longer there
    .push = The offer does not stand any more. You wait on.
    .body = The place that we kept for you on { when } ({ $office }) is gone, we are sorry: the opening hours have changed. The offer does not stand any more. You are still on the waiting list, in the same position.
waiting-expired =
    .title = Waiting list ended
    .push = Your entry in the waiting list has run out.
    .body = { $has-until ->
        [yes] No place that fits became free until { $until-date }, we are sorry. Your entry in the waiting list has run out. You can join again, or look for a free appointment.
       *[no] Your entry in the waiting list has run out. You can join again, or look for a free appointment.
    }

case-received =
    .title = Application received
    .push = We have received your application.
    .body = We have received your application “{ $case }” and will look at it.
case-in_review =
    .title = Application in review
    .push = Your application is being looked at.
    .body = Your application “{ $case }” is being looked at.
case-info_requested =
    .title = A question about your application
    .push = There is a question about your application.
    .body = { $has-reason ->
        [yes] We have a question about your application “{ $case }”: { $reason }
       *[no] We have a question about your application “{ $case }”. You find it in the app.
    }
case-approved =
    .title = Application approved
    .push = There is a decision on your application.
    .body = Your application “{ $case }” is approved.
case-rejected =
    .title = Application rejected
    .push = There is a decision on your application.
    .body = { $has-reason ->
        [yes] Your application “{ $case }” is rejected. Reason: { $reason }
       *[no] Your application “{ $case }” is rejected. You find the reason in the app.
    }
case-withdrawn =
    .title = Application withdrawn
    .push = An application has been withdrawn.
    .body = Your application “{ $case }” has been withdrawn. We will not go on with it.
case-answer_due =
    .title = Your answer is awaited
    .push = There is still a question about your application.
    .body = We are still waiting for your answer about your application “{ $case }”. You find the question in the app.
draft-expiring =
    .title = A draft is about to run out
    .push = A form that you have begun will soon be deleted.
    .body = You have begun “{ $case }” and not handed it in. It will be deleted soon. Open it in the app to go on with it.
draft-confirmed =
    .title = Somebody has confirmed
    .push = There is an answer to your request for a confirmation.
    .body = What you asked for “{ $case }” has been confirmed. You can hand it in now.
draft-refused =
    .title = Somebody has declined to confirm
    .push = There is an answer to your request for a confirmation.
    .body = What you asked for “{ $case }” has not been confirmed. Please look at your answers in the app.

document-refused =
    .title = File not accepted
    .push = We could not accept a file.
    .body = { $has-reason ->
        [yes] We could not accept the file “{ $document }”: { $reason }
       *[no] We could not accept the file “{ $document }”. Please upload it again.
    }

unknown =
    .title = New message
    .push = Open the app.

announcement-city =
    .title = News from your city
    .push = Your city has an announcement.
    .body = { $text }

# ── mails ──
mail-greeting = Good day,
mail-service = What for
mail-when = When
mail-where = Where
mail-reference = Reference
mail-bring = Please bring
mail-open = See it in the app
mail-rebook = Find a new appointment
mail-footer-appointment = This message was sent by { $city }, because this address was given for an appointment. Please do not reply to it.
mail-wrong-address-appointment = You have not booked an appointment? Then somebody mistyped their address. There is nothing you need to do.
# About applications: what the news is stands in the app alone.
mail-title-case = News about your application
mail-title-draft = News about your form
mail-in-app = You find the rest in the app. To protect your data we do not write it in this mail.
mail-case-reference = File number
mail-footer-case = This message was sent by { $city }, because this address was given in an application. Please do not reply to it.
mail-wrong-address-case = You have not made an application? Then somebody mistyped their address. There is nothing you need to do.
