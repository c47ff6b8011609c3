"""What to tell people whose document was refused: what is wrong, and what they can do."""

from collections.abc import Mapping
from typing import Literal

from backend.documents.model import Reason

REFUSALS: Mapping[Reason, Mapping[Literal["de", "en"], str]] = {
    "empty": {
        "de": "Die Datei ist leer. Bitte wählen Sie sie noch einmal aus.",
        "en": "The file is empty. Please choose it again.",
    },
    "size-differs": {
        "de": "Es kamen andere Daten an als angekündigt. Bitte übertragen Sie die Datei noch einmal.",
        "en": "Other data arrived than announced. Please send the file again.",
    },
    "hash-differs": {
        "de": "Die Datei wurde unterwegs verändert. Bitte übertragen Sie sie noch einmal.",
        "en": "The file was changed on its way. Please send it again.",
    },
    "type-not-allowed": {
        "de": "Diese Art von Datei kann hier nicht verwendet werden. Bitte senden Sie ein Foto oder PDF, wie verlangt.",
        "en": "This kind of file cannot be used here. Please send a photo or a PDF, whichever is asked for.",
    },
    "unreadable": {
        "de": "Die Datei ist beschädigt oder nicht lesbar. Bitte speichern oder fotografieren Sie sie neu.",
        "en": "The file is damaged or cannot be read. Please save it or take the photo again.",
    },
    "encrypted": {
        "de": "Das PDF ist mit einem Kennwort geschützt. Bitte speichern Sie es ohne Kennwort.",
        "en": "The PDF is protected by a password. Please save it without one.",
    },
    "active-content": {
        "de": "Das PDF enthält Programme oder Aktionen. Bitte drucken Sie es in ein neues PDF und senden Sie dieses.",
        "en": "The PDF contains scripts or actions. Please print it to a new PDF and send that one.",
    },
    "embedded-files": {
        "de": "Im PDF stecken weitere Dateien. Bitte senden Sie sie einzeln.",
        "en": "The PDF contains other files. Please send them one by one.",
    },
    "too-many-pages": {
        "de": "Das Dokument hat zu viele Seiten. Bitte senden Sie nur die verlangten.",
        "en": "The document has too many pages. Please send only those that are asked for.",
    },
    "too-many-pixels": {
        "de": "Das Bild ist zu groß. Bitte fotografieren Sie mit geringerer Auflösung.",
        "en": "The picture is too large. Please take it at a lower resolution.",
    },
    "too-complex": {
        "de": "Die Datei ließ sich nicht ganz prüfen. Bitte drucken Sie sie in ein neues PDF und senden Sie dieses.",
        "en": "The file could not be checked completely. Please print it to a new PDF and send that one.",
    },
    "infected": {
        "de": "In der Datei wurde Schadsoftware gefunden. Bitte prüfen Sie das Gerät, von dem sie stammt.",
        "en": "Malware was found in the file. Please check the device that it comes from.",
    },
}
