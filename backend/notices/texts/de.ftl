# Was Menschen gesagt wird. Jede Art hat .title und .push (allgemein: ohne Namen, Ort, Zeit und Nummer; sie gehen durch
# fremde Hände) und .body (Posteingang und Brief). $reason, $counter und $until gibt es nicht immer: dann ist $has-… "no".

when = { $date }, { $time } Uhr

appointment-requested =
    .title = Terminanfrage eingegangen
    .push = Ihre Anfrage ist eingegangen. Wir sagen Ihnen Bescheid, sobald sie bearbeitet ist.
    .body = Ihre Anfrage ist eingegangen: { $services } am { when } ({ $office }). Sie ist noch nicht bestätigt. Sie bekommen Bescheid. Ihre Terminnummer: { $reference }.
appointment-confirmed =
    .title = Termin bestätigt
    .push = Ihr Termin ist bestätigt.
    .body = Ihr Termin ist bestätigt: { $services } am { when } ({ $office }, { $address }). Ihre Terminnummer: { $reference }.
appointment-rejected =
    .title = Termin leider nicht möglich
    .push = Zu Ihrer Terminanfrage gibt es eine Antwort.
    .body = { $has-reason ->
        [yes] Ihre Anfrage für { $services } am { when } ({ $office }) konnten wir nicht bestätigen. Grund: { $reason }
       *[no] Ihre Anfrage für { $services } am { when } ({ $office }) konnten wir nicht bestätigen.
    }
appointment-rescheduled =
    .title = Termin verlegt
    .push = Ihr Termin hat eine neue Zeit.
    .body = { $by ->
        [person] Sie haben Ihren Termin verlegt. Neue Zeit: { when } ({ $office }, { $address }). Ihre Terminnummer bleibt { $reference }.
       *[clerk] Das Amt hat Ihren Termin verlegt. Neue Zeit: { when } ({ $office }, { $address }). Passt sie Ihnen nicht, können Sie den Termin ändern. Ihre Terminnummer bleibt { $reference }.
    }
appointment-cancelled =
    .title = Termin abgesagt
    .push = Ihr Termin findet nicht statt.
    .body = { $by ->
        [person] Sie haben Ihren Termin am { when } ({ $office }) abgesagt.
       *[clerk] { $has-reason ->
            [yes] Das Amt muss Ihren Termin am { when } ({ $office }) absagen. Grund: { $reason } Wir bitten um Entschuldigung. Sie können gleich einen neuen Termin buchen.
           *[no] Das Amt muss Ihren Termin am { when } ({ $office }) absagen. Wir bitten um Entschuldigung. Sie können gleich einen neuen Termin buchen.
        }
    }
appointment-expired =
    .title = Terminanfrage nicht beantwortet
    .push = Ihre Terminanfrage ist abgelaufen.
    .body = Ihre Anfrage für { $services } am { when } ({ $office }) wurde nicht rechtzeitig beantwortet. Wir bitten um Entschuldigung. Bitte buchen Sie einen neuen Termin.
appointment-no_show =
    .title = Termin verpasst
    .push = Ihr Termin ist vorbei. Sie können einen neuen buchen.
    .body = Wir haben Sie zu Ihrem Termin am { when } ({ $office }) nicht angetroffen. Wenn Sie Ihr Anliegen noch haben, buchen Sie bitte einen neuen Termin.
appointment-called =
    .title = Sie sind an der Reihe
    .push = Bitte kommen Sie jetzt. Wohin, steht in der App.
    .body = { $has-counter ->
        [yes] Bitte kommen Sie jetzt zu: { $counter }.
       *[no] Bitte kommen Sie jetzt zum Schalter.
    }
appointment-reminder =
    .title = Erinnerung an Ihren Termin
    .push = Sie haben bald einen Termin.
    .body = Ihr Termin: { $services } am { when } ({ $office }, { $address }). Ihre Terminnummer: { $reference }. Wenn Sie nicht kommen können, sagen Sie bitte ab: Dann bekommt jemand anderes den Platz.
appointment-checked_in =
    .title = Angemeldet
    .push = Sie sind angemeldet.
    .body = Sie sind angemeldet ({ $office }). Wir rufen Sie auf.
appointment-parked =
    .title = Zurückgestellt
    .push = Ihr Aufruf ist zurückgestellt.
    .body = Ihr Aufruf ist zurückgestellt ({ $office }). Wir rufen Sie wieder auf.
appointment-completed =
    .title = Termin abgeschlossen
    .push = Ihr Termin ist abgeschlossen.
    .body = Ihr Termin am { when } ({ $office }) ist abgeschlossen.
appointment-contact_changed =
    .title = Kontaktdaten geändert
    .push = Zu Ihrem Termin wurde etwas geändert.
    .body = Die Kontaktdaten zu Ihrem Termin am { when } ({ $office }) wurden geändert.

waiting-offer =
    .title = Ein Platz ist frei geworden
    .push = Für Sie ist ein Platz frei. Er ist nur kurz reserviert.
    .body = { $has-until ->
        [yes] Für Sie ist ein Platz frei: { when } ({ $office }). Er ist bis { $until } Uhr für Sie reserviert. Nehmen Sie ihn in der App an, sonst bekommt ihn jemand anderes.
       *[no] Für Sie ist ein Platz frei: { when } ({ $office }). Nehmen Sie ihn in der App an, sonst bekommt ihn jemand anderes.
    }
waiting-withdrawn =
    .title = Der Platz ist nicht mehr da
    .push = Das Angebot gilt nicht mehr. Sie warten weiter.
    .body = Der Platz am { when } ({ $office }), den wir für Sie reserviert hatten, fällt leider weg: Die Öffnungszeiten haben sich geändert. Das Angebot gilt nicht mehr. Sie stehen weiter auf der Warteliste und behalten Ihre Stelle.
waiting-expired =
    .title = Warteliste beendet
    .push = Ihr Eintrag in der Warteliste ist abgelaufen.
    .body = { $has-until ->
        [yes] Bis { $until-date } ist leider kein passender Platz frei geworden. Ihr Eintrag in der Warteliste ist abgelaufen. Sie können sich neu eintragen oder einen freien Termin suchen.
       *[no] Ihr Eintrag in der Warteliste ist abgelaufen. Sie können sich neu eintragen oder einen freien Termin suchen.
    }

case-received =
    .title = Antrag eingegangen
    .push = Ihr Antrag ist eingegangen.
    .body = Ihr Antrag „{ $case }“ ist eingegangen. Wir prüfen ihn.
case-in_review =
    .title = Antrag in Bearbeitung
    .push = Ihr Antrag wird bearbeitet.
    .body = Ihr Antrag „{ $case }“ wird bearbeitet.
case-info_requested =
    .title = Rückfrage zu Ihrem Antrag
    .push = Zu Ihrem Antrag gibt es eine Rückfrage.
    .body = { $has-reason ->
        [yes] Zu Ihrem Antrag „{ $case }“ haben wir eine Frage: { $reason }
       *[no] Zu Ihrem Antrag „{ $case }“ haben wir eine Frage. Sie steht in der App.
    }
case-approved =
    .title = Antrag bewilligt
    .push = Zu Ihrem Antrag gibt es eine Entscheidung.
    .body = Ihr Antrag „{ $case }“ ist bewilligt.
case-rejected =
    .title = Antrag abgelehnt
    .push = Zu Ihrem Antrag gibt es eine Entscheidung.
    .body = { $has-reason ->
        [yes] Ihr Antrag „{ $case }“ ist abgelehnt. Grund: { $reason }
       *[no] Ihr Antrag „{ $case }“ ist abgelehnt. Warum, steht in der App.
    }
case-withdrawn =
    .title = Antrag zurückgezogen
    .push = Ein Antrag ist zurückgezogen.
    .body = Ihr Antrag „{ $case }“ ist zurückgezogen. Er wird nicht weiter bearbeitet.
case-answer_due =
    .title = Ihre Antwort fehlt noch
    .push = Zu Ihrem Antrag gibt es noch eine offene Frage.
    .body = Zu Ihrem Antrag „{ $case }“ warten wir noch auf Ihre Antwort. Die Frage finden Sie in der App.
draft-expiring =
    .title = Ein Entwurf läuft bald ab
    .push = Ein begonnenes Formular wird bald gelöscht.
    .body = Sie haben „{ $case }“ begonnen und noch nicht eingereicht. Der Entwurf wird bald gelöscht. Öffnen Sie ihn in der App, um weiterzumachen.
draft-confirmed =
    .title = Bestätigung eingegangen
    .push = Auf Ihre Bitte um Bestätigung gibt es eine Antwort.
    .body = Für „{ $case }“ wurde bestätigt, worum Sie gebeten haben. Sie können jetzt einreichen.
draft-refused =
    .title = Bestätigung abgelehnt
    .push = Auf Ihre Bitte um Bestätigung gibt es eine Antwort.
    .body = Für „{ $case }“ wurde nicht bestätigt, worum Sie gebeten haben. Bitte prüfen Sie Ihre Angaben in der App.

document-refused =
    .title = Datei nicht angenommen
    .push = Eine Datei konnten wir nicht annehmen.
    .body = { $has-reason ->
        [yes] Die Datei „{ $document }“ konnten wir nicht annehmen: { $reason }
       *[no] Die Datei „{ $document }“ konnten wir nicht annehmen. Bitte laden Sie sie noch einmal hoch.
    }

unknown =
    .title = Neue Mitteilung
    .push = Öffnen Sie die App.

announcement-city =
    .title = Neues aus Ihrer Stadt
    .push = Ihre Stadt hat etwas bekannt gemacht.
    .body = { $text }

# ── Briefe ──
mail-greeting = Guten Tag,
mail-service = Anliegen
mail-when = Wann
mail-where = Wo
mail-reference = Terminnummer
mail-bring = Bitte bringen Sie mit
mail-open = In der App ansehen
mail-rebook = Neuen Termin suchen
mail-footer-appointment = Diese Nachricht hat { $city } verschickt, weil diese Adresse bei einem Termin angegeben wurde. Bitte antworten Sie nicht darauf.
mail-wrong-address-appointment = Sie haben keinen Termin gebucht? Dann hat sich jemand vertippt. Sie müssen nichts tun.
# Über Anträge: was es Neues gibt, steht nur in der App.
mail-title-case = Neues zu Ihrem Antrag
mail-title-draft = Neues zu Ihrem Formular
mail-in-app = Alles Weitere steht in der App. Aus Gründen des Datenschutzes schreiben wir es nicht in diese E-Mail.
mail-case-reference = Aktenzeichen
mail-footer-case = Diese Nachricht hat { $city } verschickt, weil diese Adresse bei einem Antrag angegeben wurde. Bitte antworten Sie nicht darauf.
mail-wrong-address-case = Sie haben keinen Antrag gestellt? Dann hat sich jemand vertippt. Sie müssen nichts tun.
