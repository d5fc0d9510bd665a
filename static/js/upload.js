// Step 1: sends a file piece by piece, tells how far it is, and goes on where it stopped.
// Without this script the page's two forms do the same in one request each.

const SMALLEST_PIECE = 256 * 1024; // bytes
const LARGEST_PIECE = 4 * 1024 * 1024;
const GOOD_PIECE_MS = 2_000; // one that takes longer is followed by a smaller one
const STALLED_MS = 120_000; // without a byte sent, or an answer
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;
const MEASURED_AFTER_MS = 1_500; // before that, the time left would be a guess
const PASTED = "Pasted table.tsv";
const NO_TABLE =
  "There is no table on the clipboard. Copy the cells in your spreadsheet, then paste again.";

class Broken extends Error {} // the line; worth another try
class Refused extends Error {} // with a sentence for the person
class Cancelled extends Error {}

const IDS = ["choosing", "refused", "upload", "paste", "refusal", "sending"];
const page = Object.fromEntries(IDS.map((id) => [id, document.getElementById(id)]));
const bar = page.sending.querySelector("progress");
const part = (name) => document.getElementById(`sending-${name}`);

// The line ----------------------------------------------------------------------------------

/** POST `body`; the answer's status and JSON (null if it has none). `Broken` where none came. */
function post(address, body, signal, onSent = () => {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how much was sent
    let alarm;
    const wait = () => {
      clearTimeout(alarm);
      alarm = setTimeout(() => request.abort(), STALLED_MS);
    };
    const abort = () => request.abort();
    request.open("POST", address);
    request.setRequestHeader("X-CSRFToken", page.upload.elements.csrfmiddlewaretoken.value);
    if (body instanceof Blob) request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => {
      wait();
      onSent(event.loaded);
    };
    request.onloadend = () => {
      clearTimeout(alarm);
      signal.removeEventListener("abort", abort);
      if (signal.aborted) reject(signal.reason);
      else if (request.status === 0 || request.status >= 500) reject(new Broken());
      else resolve({ status: request.status, told: parsed(request.responseText) });
    };
    signal.throwIfAborted();
    signal.addEventListener("abort", abort);
    wait();
    request.send(body);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a page: signed out, or the server's own words
  }
}

/** Resolves after `ms`, or as soon as the browser is online again. */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    const end = (settle) => () => {
      clearTimeout(timer);
      settle(signal.reason);
    };
    addEventListener("online", end(resolve), { once: true, signal });
    signal.addEventListener("abort", end(reject), { once: true });
  });
}

// The upload --------------------------------------------------------------------------------

class Upload {
  #stop = new AbortController();
  #pieceBytes = SMALLEST_PIECE;
  #largest = LARGEST_PIECE;
  #where = null; // how far the server is, and the addresses to go on at

  constructor(file, show) {
    this.file = file;
    this.show = show;
  }

  /** The address of the import that it becomes. */
  async run() {
    try {
      return await this.#sendAll();
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      throw new Refused(`The upload was cancelled. ${await this.#forget()}`);
    }
  }

  cancel() {
    this.#stop.abort(new Cancelled());
  }

  async #sendAll() {
    await this.#begin();
    for (;;) {
      while (this.#where.received < this.file.size) await this.#sendPiece();
      const { status, told } = await this.#persist(() => this.#post(this.#where.finish));
      if (status === 200 && told) return told.url;
      await this.#goOn(status, told);
    }
  }

  /** Have the server forget what came; the sentence on what is left of it. */
  async #forget() {
    this.show.cancelling();
    try {
      const never = new AbortController().signal;
      const { status } = this.#where ? await post(this.#where.discard, null, never) : { status: 204 };
      if (status === 204) return "Nothing of the file was kept.";
    } catch {
      // the line is broken: the server forgets by itself what nobody goes on with
    }
    return "What had arrived is removed after a day.";
  }

  async #begin() {
    const about = new FormData();
    about.set("name", this.file.name);
    about.set("size", this.file.size);
    about.set("modified", this.file.lastModified);
    const { begin } = page.choosing.dataset;
    const { status, told } = await this.#persist(() => this.#post(begin, about));
    if (status !== 200 || !told) throw refusal(status, told);
    this.#where = told;
    this.show.begun(told.received);
  }

  async #sendPiece() {
    const { received, next } = this.#where;
    const piece = this.file.slice(received, received + this.#pieceBytes);
    const { status, told } = await this.#persist(() => {
      const started = performance.now();
      const sent = this.#post(next, piece, (bytes) => this.show.at(received + bytes));
      return sent.finally(() => this.#adapt(performance.now() - started));
    });
    if (status === 413 && piece.size > SMALLEST_PIECE) this.#shrink(piece.size / 2);
    else await this.#goOn(status, told);
  }

  /** Where to go on after an answer; a 409 tells that somebody else, or we before, sent more. */
  async #goOn(status, told) {
    if (status === 404) return this.#begin(); // it was discarded meanwhile
    if (![200, 409].includes(status) || !told) throw refusal(status, told);
    this.#where = told;
    this.show.at(told.received);
  }

  /** The next piece is larger or smaller, as the line is fast or slow. */
  #adapt(took) {
    const factor = took < GOOD_PIECE_MS / 2 ? 2 : took > GOOD_PIECE_MS ? 0.5 : 1;
    const bytes = Math.max(this.#pieceBytes * factor, SMALLEST_PIECE);
    this.#pieceBytes = Math.min(bytes, this.#largest);
  }

  /** A proxy on the way takes no pieces as large as we may send. */
  #shrink(bytes) {
    this.#largest = this.#pieceBytes = Math.max(Math.floor(bytes), SMALLEST_PIECE);
  }

  #post(address, body = null, onSent) {
    return post(address, body, this.#stop.signal, onSent);
  }

  /** Ask again and again until there is an answer. */
  async #persist(ask) {
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
      try {
        const answer = await ask();
        if (wait > FIRST_PAUSE_MS) this.show.mended();
        return answer;
      } catch (error) {
        if (!(error instanceof Broken)) throw error;
      }
      await this.#assertReadable();
      this.show.broken(wait);
      await pause(wait, this.#stop.signal);
    }
  }

  /** A file that was changed or moved since it was chosen cannot be sent; no line is to blame. */
  async #assertReadable() {
    try {
      await this.file.slice(0, 1).arrayBuffer();
    } catch {
      throw new Refused("The file was changed or moved since you chose it. Choose it again.");
    }
  }
}

function refusal(status, told) {
  if (told?.error) return new Refused(told.error);
  const known = { 200: "You are no longer signed in.", 403: "This page is out of date." };
  const why = known[status] ?? `The server did not take the file (${status}).`;
  return new Refused(`${why} Reload the page, choose the file again, and it goes on from here.`);
}

// What the person sees ----------------------------------------------------------------------

class Display {
  #size;
  #first = null; // when and from where we measure: { ms, bytes }

  constructor(file) {
    this.#size = file.size;
    part("name").textContent = file.name;
    bar.removeAttribute("value");
    bar.max = file.size;
    part("count").textContent = part("said").textContent = "";
    page.refused.replaceChildren();
    page.choosing.hidden = true;
    page.sending.hidden = false;
    part("name").focus();
  }

  begun(received) {
    if (received) this.#say(`Going on after the ${megabytes(received)} that had arrived.`);
    this.at(received);
  }

  at(bytes) {
    const now = performance.now();
    this.#first ??= { ms: now, bytes };
    const took = now - this.#first.ms;
    const rate = (bytes - this.#first.bytes) / took; // bytes a millisecond
    const isKnown = took > MEASURED_AFTER_MS && rate > 0;
    const left = isKnown ? ` · ${duration((this.#size - bytes) / rate)} left` : "";
    bar.value = bytes;
    part("count").textContent = `${megabytes(bytes)} of ${megabytes(this.#size)}${left}`;
  }

  broken(wait) {
    this.#first = null;
    const again = `we try again in ${duration(wait)}`;
    this.#say(`The connection is broken. What has arrived is kept; ${again}.`);
  }

  cancelling() {
    this.#say("Cancelling …");
  }

  mended() {
    this.#say("The connection is back.");
  }

  #say(words) {
    part("said").textContent = words;
  }

  end(sentence) {
    page.sending.hidden = true;
    page.choosing.hidden = false;
    refuse(sentence);
    page.upload.elements.file.focus();
  }
}

function refuse(sentence) {
  const message = page.refusal.content.cloneNode(true);
  message.querySelector(".message__text").append(sentence);
  page.refused.replaceChildren(message);
}

function megabytes(bytes) {
  const [amount, unit] = bytes < 1024 ** 2 ? [bytes / 1024, "KB"] : [bytes / 1024 ** 2, "MB"];
  return `${amount.toFixed(1)} ${unit}`;
}

function duration(ms) {
  const [amount, unit] = ms < 90_000 ? [ms / 1_000, "second"] : [ms / 60_000, "minute"];
  const whole = Math.max(1, Math.round(amount));
  return `${whole} ${unit}${whole === 1 ? "" : "s"}`;
}

// The page ----------------------------------------------------------------------------------

async function send(file) {
  const display = new Display(file);
  const upload = new Upload(file, display);
  const stay = (event) => event.preventDefault();
  const cancel = () => upload.cancel();
  addEventListener("beforeunload", stay);
  part("cancel").addEventListener("click", cancel);
  try {
    const address = await upload.run();
    removeEventListener("beforeunload", stay);
    location.assign(address);
  } catch (error) {
    const told = error instanceof Refused;
    display.end(told ? error.message : "Something went wrong in your browser. Reload the page.");
    if (!told) throw error;
  } finally {
    removeEventListener("beforeunload", stay);
    part("cancel").removeEventListener("click", cancel);
  }
}

function sendPasted(text) {
  return send(new File([text], PASTED));
}

page.upload.addEventListener("submit", (event) => {
  event.preventDefault();
  send(page.upload.elements.file.files[0]);
});

page.paste.addEventListener("submit", (event) => {
  const { value } = page.paste.elements.text;
  if (!value.trim()) return; // the server says what is missing
  event.preventDefault();
  sendPasted(value);
});

document.getElementById("anywhere").hidden = false;

// Ctrl+V anywhere but in a control that takes text itself.
document.addEventListener("paste", (event) => {
  if (page.choosing.hidden || event.target.matches("textarea")) return;
  const [file] = event.clipboardData.files;
  const text = event.clipboardData.getData("text/plain");
  if (text.trim() && /[\t\n]/.test(text)) sendPasted(text); // a file's own text is its name
  else if (file) send(file);
  else refuse(NO_TABLE);
});

// Back from the import: what this page was doing is done.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// A file dropped beside the field would replace the page.
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  if (event.target === page.upload.elements.file) return;
  event.preventDefault();
  if (event.dataTransfer.files.length) page.upload.elements.file.files = event.dataTransfer.files;
});
