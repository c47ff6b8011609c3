# Einfache Sprache: kurze Sätze, ein Gedanke je Satz, geläufige Wörter, keine Verneinung, wo es anders geht.

when = { $date }, { $time } Uhr

appointment-requested =
    .title = Wir haben Ihre Anfrage
    .push = Wir haben Ihre Anfrage. Bitte warten Sie auf unsere Antwort.
    .body = Wir haben Ihre Anfrage bekommen. Sie möchten: { $services }. Der Termin soll sein am: { when }. Der Ort ist: { $office }. Der Termin ist noch nicht sicher. Bitte warten Sie auf unsere Antwort. Ihre Nummer ist: { $reference }.
appointment-confirmed =
    .title = Ihr Termin ist sicher
    .push = Ihr Termin ist sicher.
    .body = Ihr Termin ist sicher. Es geht um: { $services }. Der Termin ist am: { when }. Der Ort ist: { $office }, { $address }. Ihre Nummer ist: { $reference }.
appointment-rejected =
    .title = Der Termin geht leider nicht
    .push = Wir haben eine Antwort für Sie.
    .body = { $has-reason ->
        [yes] Sie wollten einen Termin am: { when }. Der Ort war: { $office }. Dieser Termin geht leider nicht. Der Grund ist: { $reason }
       *[no] Sie wollten einen Termin am: { when }. Der Ort war: { $office }. Dieser Termin geht leider nicht.
    }
appointment-rescheduled =
    .title = Ihr Termin hat eine neue Zeit
    .push = Ihr Termin hat eine neue Zeit.
    .body = { $by ->
        [person] Sie haben Ihren Termin geändert. Die neue Zeit ist: { when }. Der Ort ist: { $office }, { $address }. Ihre Nummer ist: { $reference }.
       *[clerk] Das Amt hat Ihren Termin geändert. Die neue Zeit ist: { when }. Der Ort ist: { $office }, { $address }. Haben Sie da keine Zeit? Dann können Sie den Termin ändern. Ihre Nummer ist: { $reference }.
    }
appointment-cancelled =
    .title = Ihr Termin fällt aus
    .push = Ihr Termin fällt aus.
    .body = { $by ->
        [person] Sie haben Ihren Termin abgesagt. Der Termin war am: { when }. Der Ort war: { $office }.
       *[clerk] { $has-reason ->
            [yes] Ihr Termin am { when } fällt aus. Der Ort war: { $office }. Der Grund ist: { $reason } Das tut uns leid. Sie können einen neuen Termin machen.
           *[no] Ihr Termin am { when } fällt aus. Der Ort war: { $office }. Das tut uns leid. Sie können einen neuen Termin machen.
        }
    }
appointment-expired =
    .title = Wir haben zu spät geantwortet
    .push = Ihre Anfrage gilt nicht mehr.
    .body = Sie wollten einen Termin am: { when }. Der Ort war: { $office }. Wir haben zu spät geantwortet. Das tut uns leid. Bitte machen Sie einen neuen Termin.
appointment-no_show =
    .title = Sie waren nicht da
    .push = Ihr Termin ist vorbei. Sie können einen neuen machen.
    .body = Sie hatten einen Termin am: { when }. Der Ort war: { $office }. Sie waren nicht da. Brauchen Sie noch einen Termin? Dann machen Sie bitte einen neuen.
appointment-called =
    .title = Sie sind dran
    .push = Bitte kommen Sie jetzt. Wohin, steht in der App.
    .body = { $has-counter ->
        [yes] Sie sind dran. Bitte kommen Sie jetzt zu: { $counter }.
       *[no] Sie sind dran. Bitte kommen Sie jetzt zum Schalter.
    }
appointment-reminder =
    .title = Denken Sie an Ihren Termin
    .push = Sie haben bald einen Termin.
    .body = Sie haben bald einen Termin. Es geht um: { $services }. Der Termin ist am: { when }. Der Ort ist: { $office }, { $address }. Ihre Nummer ist: { $reference }. Können Sie nicht kommen? Dann sagen Sie bitte ab.
appointment-checked_in =
    .title = Sie sind angemeldet
    .push = Sie sind angemeldet.
    .body = Sie sind angemeldet. Der Ort ist: { $office }. Wir rufen Sie auf.
appointment-parked =
    .title = Bitte warten Sie noch
    .push = Bitte warten Sie noch.
    .body = Bitte warten Sie noch. Der Ort ist: { $office }. Wir rufen Sie wieder auf.
appointment-completed =
    .title = Ihr Termin ist fertig
    .push = Ihr Termin ist fertig.
    .body = Ihr Termin am { when } ist fertig. Der Ort war: { $office }.
appointment-contact_changed =
    .title = Etwas ist neu
    .push = Bei Ihrem Termin ist etwas neu.
    .body = Sie haben einen Termin am: { when }. Der Ort ist: { $office }. Ihre E-Mail oder Ihre Telefon-Nummer ist geändert.

waiting-offer =
    .title = Ein Platz ist frei
    .push = Ein Platz ist frei für Sie. Bitte beeilen Sie sich.
    .body = { $has-until ->
        [yes] Ein Platz ist frei für Sie. Der Termin ist am: { when }. Der Ort ist: { $office }. Wir halten den Platz frei bis: { $until } Uhr. Wollen Sie den Platz? Dann sagen Sie Ja in der App.
       *[no] Ein Platz ist frei für Sie. Der Termin ist am: { when }. Der Ort ist: { $office }. Wollen Sie den Platz? Dann sagen Sie Ja in der App.
    }
waiting-withdrawn =
    .title = Der Platz ist weg
    .push = Der freie Platz ist weg. Sie warten weiter.
    .body = Wir hatten einen Platz für Sie am: { when }. Der Ort war: { $office }. Den Platz gibt es leider nicht mehr. Das Amt hat da geschlossen. Sie stehen weiter auf der Warteliste. Sie müssen nichts tun.
waiting-expired =
    .title = Warteliste: Ihre Zeit ist um
    .push = Sie stehen nicht mehr auf der Warteliste.
    .body = { $has-until ->
        [yes] Leider war bis { $until-date } kein Platz frei. Sie stehen nicht mehr auf der Warteliste. Wollen Sie weiter warten? Dann tragen Sie sich neu ein.
       *[no] Leider war kein Platz frei. Sie stehen nicht mehr auf der Warteliste. Wollen Sie weiter warten? Dann tragen Sie sich neu ein.
    }

case-received =
    .title = Wir haben Ihren Antrag
    .push = Wir haben Ihren Antrag.
    .body = Wir haben Ihren Antrag bekommen. Der Antrag heißt: { $case }. Wir prüfen ihn.
case-in_review =
    .title = Wir prüfen Ihren Antrag
    .push = Wir prüfen Ihren Antrag.
    .body = Wir prüfen jetzt Ihren Antrag. Der Antrag heißt: { $case }.
case-info_requested =
    .title = Wir haben eine Frage
    .push = Wir haben eine Frage zu Ihrem Antrag.
    .body = { $has-reason ->
        [yes] Wir haben eine Frage zu Ihrem Antrag. Der Antrag heißt: { $case }. Die Frage ist: { $reason }
       *[no] Wir haben eine Frage zu Ihrem Antrag. Der Antrag heißt: { $case }. Die Frage steht in der App.
    }
case-approved =
    .title = Wir sagen Ja zu Ihrem Antrag
    .push = Wir haben über Ihren Antrag entschieden.
    .body = Wir sagen Ja zu Ihrem Antrag. Der Antrag heißt: { $case }.
case-rejected =
    .title = Wir sagen Nein zu Ihrem Antrag
    .push = Wir haben über Ihren Antrag entschieden.
    .body = { $has-reason ->
        [yes] Wir sagen Nein zu Ihrem Antrag. Der Antrag heißt: { $case }. Der Grund ist: { $reason }
       *[no] Wir sagen Nein zu Ihrem Antrag. Der Antrag heißt: { $case }. Der Grund steht in der App.
    }
case-withdrawn =
    .title = Ihr Antrag gilt nicht mehr
    .push = Ein Antrag gilt nicht mehr.
    .body = Ihr Antrag ist zurückgezogen. Der Antrag heißt: { $case }. Wir arbeiten nicht mehr daran.
case-answer_due =
    .title = Ihre Antwort fehlt noch
    .push = Wir haben noch eine Frage an Sie.
    .body = Es geht um: „{ $case }“. Wir warten noch auf Ihre Antwort. Die Frage steht in der App.
draft-expiring =
    .title = Ein Formular wird bald gelöscht
    .push = Sie haben ein Formular begonnen. Es wird bald gelöscht.
    .body = Sie haben begonnen: „{ $case }“. Sie haben es noch nicht abgeschickt. Es wird bald gelöscht. Sie können in der App weiter-machen.
draft-confirmed =
    .title = Es gibt eine Bestätigung
    .push = Sie haben um eine Bestätigung gebeten. Jetzt gibt es eine Antwort.
    .body = Es geht um: „{ $case }“. Jemand hat „Ja“ gesagt. Sie können das Formular jetzt abschicken.
draft-refused =
    .title = Es gibt keine Bestätigung
    .push = Sie haben um eine Bestätigung gebeten. Jetzt gibt es eine Antwort.
    .body = Es geht um: „{ $case }“. Jemand hat „Nein“ gesagt. Bitte prüfen Sie in der App, was Sie geschrieben haben.

document-refused =
    .title = Die Datei geht nicht
    .push = Eine Datei geht leider nicht.
    .body = { $has-reason ->
        [yes] Wir können die Datei nicht nehmen. Die Datei heißt: { $document }. Der Grund ist: { $reason }
       *[no] Wir können die Datei nicht nehmen. Die Datei heißt: { $document }. Bitte laden Sie die Datei noch einmal hoch.
    }

unknown =
    .title = Neue Nachricht
    .push = Bitte öffnen Sie die App.

announcement-city =
    .title = Neues aus Ihrer Stadt
    .push = Ihre Stadt hat etwas Neues für Sie.
    .body = { $text }

# ── Briefe ──
mail-greeting = Guten Tag,
mail-service = Worum es geht
mail-when = Wann
mail-where = Wo
mail-reference = Ihre Nummer
mail-bring = Das müssen Sie mitbringen
mail-open = In der App ansehen
mail-rebook = Neuen Termin machen
mail-footer-appointment = Diese Nachricht kommt von: { $city }. Jemand hat diese E-Mail-Adresse für einen Termin angegeben. Bitte antworten Sie nicht auf diese Nachricht.
mail-wrong-address-appointment = Haben Sie keinen Termin gemacht? Dann war das ein Versehen. Sie müssen nichts tun.
# Über Anträge: was es Neues gibt, steht nur in der App.
mail-title-case = Es gibt etwas Neues zu Ihrem Antrag
mail-title-draft = Es gibt etwas Neues zu Ihrem Formular
mail-in-app = Mehr dazu lesen Sie in der App. Wir schreiben es nicht in diese E-Mail. So kann es niemand anderes lesen.
mail-case-reference = Die Nummer von Ihrem Antrag
mail-footer-case = Diese Nachricht kommt von: { $city }. Jemand hat diese E-Mail-Adresse bei einem Antrag angegeben. Bitte antworten Sie nicht auf diese Nachricht.
mail-wrong-address-case = Haben Sie keinen Antrag gestellt? Dann war das ein Versehen. Sie müssen nichts tun.
