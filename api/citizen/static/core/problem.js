// What can go wrong, in one shape.

/** A problem (RFC 9457) as the server tells it: `code`, `title`, `detail`, `status`, perhaps `errors`, and more by code. */
export class Problem extends Error {
  constructor(body, status, retryAfter) {
    super(body.detail ?? body.title ?? String(status));
    this.name = "Problem";
    Object.assign(this, { code: "internal-error", ...body, status, retryAfter });
  }
}

/** Nobody answered: the request may have arrived or not. */
export class NoAnswer extends Error {
  constructor(cause) {
    super("no answer", { cause });
    this.name = "NoAnswer";
  }
}
