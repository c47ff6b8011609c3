"""A phone's whole way with the generated Python client: book, hand in a form, send a document.

Run by its own interpreter with the client beside it: ``booking.py ADDRESS PICTURE`` (base64).
"""

# ruff: noqa: INP001, PT017, T201 - a program of its own
# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
import base64
import hashlib
import sys
import time
import urllib.request
from uuid import UUID, uuid4

import wartefrei_client as wartefrei
from wartefrei_client.exceptions import NotFoundException, UnauthorizedException


def key() -> str:
    return str(uuid4())


def main(address: str, picture: str) -> None:
    configuration = wartefrei.Configuration(host=address)
    with wartefrei.ApiClient(configuration) as client:
        begun = wartefrei.IdentityApi(client).begin_guest_session(key(), wartefrei.GuestIn(installationId=str(uuid4())))
        configuration.access_token = begun.access_token
        appointments, forms = wartefrei.AppointmentsApi(client), wartefrei.FormsApi(client)

        service = wartefrei.CatalogueApi(client).find_service("gelsenkirchen", "personalausweis")
        place = wartefrei.AvailabilityApi(client).list_earliest("gelsenkirchen", service=[str(service.id)], limit=1)
        free = place.items[0]
        wanted = [wartefrei.WantedIn(service=service.id, persons=1)]
        hold = appointments.hold_place(key(), wartefrei.HoldIn(office=free.office, start=free.start, services=wanted))
        assert hold.start == free.start
        person, contact = wartefrei.PersonIn(name="Erika Mustermann"), wartefrei.ContactIn(email="erika@example.org")
        command = (key(), wartefrei.BookIn(hold=hold.id, person=person, contact=contact))
        booked = appointments.book_appointment(*command)
        assert (booked.state, booked.reason) == ("confirmed", None)
        assert appointments.book_appointment(*command).id == booked.id
        assert len(appointments.list_appointments().items) == 1
        left = appointments.cancel_appointment(booked.id, key(), wartefrei.CancelIn(reason="krank"))
        assert (left.state, left.reason) == ("cancelled", "krank")
        try:
            appointments.read_appointment(uuid4())
        except NotFoundException as error:
            assert isinstance(error.data, wartefrei.Problem)
            assert error.data.code == "appointment-not-found", error.body
        else:
            raise AssertionError("what is not there was read")

        document = send(wartefrei.DocumentsApi(client), base64.b64decode(picture))
        content = wartefrei.DocumentsApi(client).read_document_content(document)
        assert bytes(content)[1:4] == b"PNG"
        first = wartefrei.PhonesApi(client).read_bootstrap("gelsenkirchen")
        assert first.mine is not None and first.mine.counts.unread >= 0
        with wartefrei.ApiClient(wartefrei.Configuration(host=address, api_key={"client": "wfk_live_none"})) as keyed:
            try:
                wartefrei.CatalogueApi(keyed).list_services("gelsenkirchen")
            except UnauthorizedException as error:
                assert isinstance(error.data, wartefrei.Problem) and error.data.code == "client-key-invalid"
            else:
                raise AssertionError("the key was not sent")

        listed = forms.list_forms("gelsenkirchen").items
        form = next(one for one in listed if one.slug == "maengelmeldung")
        answers = {
            "category": "litter",
            "district": "erle",
            "description": "Ein Sofa am Waldrand.",
            "wantsAnswer": False,
            "photos": [str(document)],
        }
        draft = forms.begin_draft(
            key(), wartefrei.DraftIn(id=uuid4(), form=form.id, version=form.version, answers=answers)
        )
        assert (draft.missing, draft.problems) == ([], [])
        case = forms.read_case(forms.submit_draft(draft.id, key()).id)
        assert case.state == "submitted" and [one.id for one in case.documents] == [document]
        print(booked.reference, case.reference)


def send(documents: "wartefrei.DocumentsApi", content: bytes) -> UUID:
    """The id of a picture that was sent, checked and found clean."""
    declared = wartefrei.UploadIn(
        name="foto.png", size=len(content), purpose="photo", sha256=hashlib.sha256(content).hexdigest()
    )
    upload = documents.declare_upload(key(), declared)
    assert upload.put is not None
    put = urllib.request.Request(upload.put.url, data=content, headers=upload.put.headers, method="PUT")  # noqa: S310
    with urllib.request.urlopen(put) as answer:  # noqa: S310 - the store's own address
        assert answer.status == 200
    documents.complete_upload(upload.id, key())
    for _ in range(300):
        state = documents.read_document(upload.id).state
        assert state != "refused"
        if state == "clean":
            return upload.id
        time.sleep(0.1)
    raise AssertionError(state)


if __name__ == "__main__":
    main(*sys.argv[1:])
