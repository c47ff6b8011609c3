// Every screen by its name in the table of addresses; loaded when it is shown for the first time.
export const SCREENS = {
  home: () => import("./home.js"), find: () => import("./find.js"), service: () => import("./service.js"),
  slots: () => import("./slots.js"), book: () => import("./book.js"), wait: () => import("./wait.js"),
  appointments: () => import("./appointments.js"), appointment: () => import("./appointment.js"),
  pass: () => import("./pass.js"), move: () => import("./move.js"), offer: () => import("./offer.js"),
  forms: () => import("./forms.js"), form: () => import("./form.js"), case: () => import("./case.js"),
  inbox: () => import("./inbox.js"), settings: () => import("./settings.js"),
};
