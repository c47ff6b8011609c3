"""One file per room: In and Out Structs and a Controller with short handlers."""

from litestar import Controller

from api.routes.appointment_events import AppointmentEventsController
from api.routes.appointment_papers import AppointmentPapersController
from api.routes.appointments import AppointmentsController
from api.routes.availability import AvailabilityController
from api.routes.bootstrap import BootstrapController
from api.routes.cases import CasesController
from api.routes.catalogue import CatalogueController
from api.routes.clerk_announcements import ClerkAnnouncementsController
from api.routes.clerk_appointments import ClerkAppointmentsController
from api.routes.clerk_case_events import ClerkCaseEventsController
from api.routes.clerk_cases import ClerkCasesController
from api.routes.clerk_clients import ClerkClientsController
from api.routes.clerk_day import ClerkDayController
from api.routes.clerk_decisions import ClerkDecisionsController
from api.routes.clerk_documents import ClerkDocumentsController
from api.routes.clerk_hours import ClerkHoursController
from api.routes.clerk_queue import ClerkQueueController
from api.routes.clients import ClientsController
from api.routes.confirmations import ConfirmationsController
from api.routes.dev_issuer import dev_routes
from api.routes.devices import DevicesController
from api.routes.documents import DocumentsController
from api.routes.drafts import DraftsController
from api.routes.forms import FormsController
from api.routes.holds import HoldsController
from api.routes.inbox import InboxController
from api.routes.keys import KeysController
from api.routes.me import MeController
from api.routes.preferences import PreferencesController
from api.routes.sandbox import SandboxController
from api.routes.sessions import SessionsController
from api.routes.status import StatusController
from api.routes.sync import SyncController
from api.routes.tus import TusController
from api.routes.uploads import UploadsController
from api.routes.waiting_list import ClerkWaitingController, WaitingListController
from api.routes.webhook_deliveries import WebhookDeliveriesController
from api.routes.webhooks import WebhooksController

ROUTES: list[type[Controller]] = [
    AppointmentEventsController,
    AppointmentPapersController,
    AppointmentsController,
    AvailabilityController,
    BootstrapController,
    CatalogueController,
    ClerkDocumentsController,
    ClerkHoursController,
    ClerkAnnouncementsController,
    ClerkAppointmentsController,
    ClerkClientsController,
    ClientsController,
    ClerkDayController,
    CasesController,
    ClerkCaseEventsController,
    ClerkCasesController,
    ClerkDecisionsController,
    ClerkQueueController,
    DocumentsController,
    DevicesController,
    ConfirmationsController,
    DraftsController,
    FormsController,
    HoldsController,
    InboxController,
    KeysController,
    MeController,
    PreferencesController,
    SandboxController,
    SessionsController,
    StatusController,
    SyncController,
    TusController,
    UploadsController,
    ClerkWaitingController,
    WaitingListController,
    WebhookDeliveriesController,
    WebhooksController,
]

__all__ = ["ROUTES", "dev_routes"]
