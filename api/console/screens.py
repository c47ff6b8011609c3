"""Every screen of the console. One that is added here, and named in ``templates/base.html``, is one that is there."""

from litestar import Controller

from api.console.announcements import AnnouncementsController
from api.console.cases import CasesController
from api.console.display import DisplayController, DisplayPageController
from api.console.figures import FiguresController
from api.console.hours import HoursController
from api.console.offices import OfficesController
from api.console.sign_in import SessionController, SignInController
from api.console.static_files import StaticController
from api.console.today import TodayController

SCREENS: list[type[Controller]] = [
    AnnouncementsController,
    CasesController,
    DisplayController,
    DisplayPageController,
    FiguresController,
    HoursController,
    OfficesController,
    SessionController,
    SignInController,
    StaticController,
    TodayController,
]
