// A phone's whole way with the generated TypeScript client: book, hand in a form, send a document.
import { createHash, randomUUID } from "node:crypto";
import {
  AppointmentsApi, AvailabilityApi, CatalogueApi, Configuration, DocumentsApi, FormsApi, IdentityApi, PhonesApi,
  ResponseError,
} from "wartefrei-client";

const basePath = process.argv[2];
const key = (): { idempotencyKey: string } => ({ idempotencyKey: randomUUID() });

function check(fine: boolean, what: string): void {
  if (!fine) throw new Error(what);
}

async function main(): Promise<void> {
  const open = new Configuration({ basePath });
  const session = await new IdentityApi(open).beginGuestSession({ ...key(), guestIn: { installationId: randomUUID() } });
  const mine = new Configuration({ basePath, accessToken: session.accessToken });
  const appointments = new AppointmentsApi(mine);

  const service = await new CatalogueApi(open).findService({ city: "gelsenkirchen", service: "personalausweis" });
  const free = await new AvailabilityApi(open).listEarliest({ city: "gelsenkirchen", service: [service.id], limit: 1 });
  const place = free.items[0];
  const hold = await appointments.holdPlace({
    ...key(),
    holdIn: { office: place.office, start: place.start, services: [{ service: service.id, persons: 1 }] },
  });
  check(hold.start.getTime() === place.start.getTime(), "another time was held");
  const command = {
    ...key(),
    bookIn: { hold: hold.id, person: { name: "Erika Mustermann" }, contact: { email: "erika@example.org" } },
  };
  const booked = await appointments.bookAppointment(command);
  check(booked.state === "confirmed" && booked.reason === null, `booked: ${booked.state}`);
  check((await appointments.bookAppointment(command)).id === booked.id, "a repeat booked again");
  check((await appointments.listAppointments({})).items.length === 1, "not one appointment");
  const left = await appointments.cancelAppointment({ ...key(), appointmentId: booked.id, cancelIn: { reason: "krank" } });
  check(left.state === "cancelled" && left.reason === "krank", `cancelled: ${left.state}`);
  try {
    await appointments.readAppointment({ appointmentId: randomUUID() });
    check(false, "what is not there was read");
  } catch (error) {
    check(error instanceof ResponseError && error.response.status === 404, String(error));
    const problem = (await (error as ResponseError).response.json()) as { code: string };
    check(problem.code === "appointment-not-found", problem.code);
  }

  const bytes = Buffer.from(process.argv[3], "base64");
  const documents = new DocumentsApi(mine);
  const upload = await documents.declareUpload({
    ...key(),
    uploadIn: {
      name: "foto.png", size: bytes.length, purpose: "photo", sha256: createHash("sha256").update(bytes).digest("hex"),
    },
  });
  check(upload.put !== null, "no way to send it by PUT");
  const sent = await fetch(upload.put!.url, { method: "PUT", headers: upload.put!.headers, body: bytes });
  check(sent.ok, `PUT: ${sent.status}`);
  await documents.completeUpload({ ...key(), uploadId: upload.id });
  let state = "";
  for (let tries = 0; tries < 300 && state !== "clean"; tries++) {
    state = (await documents.readDocument({ documentId: upload.id })).state;
    check(state !== "refused", "the picture was refused");
    if (state !== "clean") await new Promise((resolve) => setTimeout(resolve, 100));
  }
  check(state === "clean", `the document is ${state}`);
  const content = new Uint8Array(await (await documents.readDocumentContent({ documentId: upload.id })).arrayBuffer());
  check(String.fromCharCode(...content.slice(1, 4)) === "PNG", `${content.length} bytes of content`);
  const first = await new PhonesApi(mine).readBootstrap({ city: "gelsenkirchen" });
  check(first.mine?.counts.unread !== undefined, "the first screen was read without the token");
  try {
    await new CatalogueApi(new Configuration({ basePath, apiKey: "wfk_live_none" })).listServices({ city: "gelsenkirchen" });
    check(false, "the key was not sent");
  } catch (error) {
    check(error instanceof ResponseError && error.response.status === 401, String(error));
  }

  const forms = new FormsApi(mine);
  const form = (await forms.listForms({ city: "gelsenkirchen" })).items.find((one) => one.slug === "maengelmeldung")!;
  const draft = await forms.beginDraft({
    ...key(),
    draftIn: {
      id: randomUUID(), form: form.id, version: form.version,
      answers: {
        category: "litter", district: "erle", description: "Ein Sofa am Waldrand.", wantsAnswer: false,
        photos: [upload.id],
      },
    },
  });
  check(draft.missing.length === 0 && draft.problems.length === 0, JSON.stringify([draft.missing, draft.problems]));
  const handedIn = await forms.submitDraft({ ...key(), draftId: draft.id });
  const read = await forms.readCase({ caseId: handedIn.id });
  check(read.state === "submitted" && read.documents[0].id === upload.id, `case: ${read.state}`);
  console.log(`${booked.reference} ${read.reference}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
