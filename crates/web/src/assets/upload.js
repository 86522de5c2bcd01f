// Sends files in parts, and goes on where it was cut. A bucket's page works without this: its form sends them in one go.
//
// The region is asked what it has; here no more is kept than that something was begun, under a digest that names nobody.
// A file counts as stored once the region tells the checksums of all its parts as this browser computed them.

const SMALL_BYTES = 8 << 20;
const PART_BYTES = 8 << 20;
const PARTS_MAX = 10_000;
const FILES_MAX = 1_000;
const AT_ONCE = 2;
/** With waits of up to 15 seconds: some ten minutes, as long as a region takes to come back. */
const TRIES_MAX = 45;
const WAIT_MS_MAX = 15_000;
/** A connection on which nothing moves for so long is given up. */
const QUIET_MS = 90_000;
const KEPT = "epic-upload:";
const KEPT_MS = 30 * 86_400_000;

const form = document.querySelector("form[data-deliver]");
const place = document.querySelector("#sending");
const list = place?.querySelector("ul");
const says = place?.dataset;
const all = [];
const queue = [];
let running = 0;

/** The connection broke; `whole`: after all had been sent, so that nobody here knows what came of it. */
class Broken extends Error { constructor(whole) { super("broken"); this.whole = whole; } }
class Refused extends Error { constructor(problem, status) { super(problem.reason); Object.assign(this, { problem, status }); } }
/** Ended with words of the page. */
class Ended extends Error {}

// --- what things are called ------------------------------------------------------------------------------------------
const encoded = (text) => new TextEncoder().encode(text);
const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const sha256 = async (bytes) => base64(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
const language = document.documentElement.lang;
const digits = (amount, most) => new Intl.NumberFormat(language, { maximumFractionDigits: most }).format(amount);
const filled = (text, ...values) => values.reduce((text, value) => text.replace("{}", value), text);

function size(bytes) {
  const at = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log(bytes) / Math.log(1024)));
  const amount = bytes / 1024 ** at;
  return `${digits(amount, at > 0 && amount < 10 ? 1 : 0)} ${["B", "KiB", "MiB", "GiB", "TiB"][at]}`;
}

function time(seconds) {
  const [amount, unit] = seconds < 60 ? [seconds, "second"] : seconds < 3600 ? [seconds / 60, "minute"] : [seconds / 3600, "hour"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(Math.max(1, Math.round(amount)));
}

// --- what was begun, and no names ------------------------------------------------------------------------------------
function kept(mark, upload) {
  try {
    if (upload) localStorage.setItem(KEPT + mark, JSON.stringify({ upload, at: Date.now() }));
    else return JSON.parse(localStorage.getItem(KEPT + mark))?.upload;
  } catch { /* A browser that keeps nothing begins anew after a reload. */ }
}

function forget(mark) {
  try { localStorage.removeItem(KEPT + mark); } catch { /* Nothing is kept. */ }
}

function forgetOld() {
  try {
    for (const name of Object.keys(localStorage).filter((name) => name.startsWith(KEPT))) {
      if (!(JSON.parse(localStorage.getItem(name))?.at > Date.now() - KEPT_MS)) localStorage.removeItem(name);
    }
  } catch { /* Nothing is kept. */ }
}

// --- asking the region -----------------------------------------------------------------------------------------------
/** One act of the delivery, with the bytes it carries. */
function act(name, fields, signal, sent) {
  return new Promise((done, fail) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    let [isWhole, watch] = [!sent, 0];
    const stop = () => request.abort();
    const moved = () => { clearTimeout(watch); watch = setTimeout(stop, QUIET_MS); };
    request.open("POST", `${form.action}/deliver/${name}`);
    request.setRequestHeader("Epic-Act", `:${base64(encoded(JSON.stringify(fields)))}:`);
    if (sent) request.setRequestHeader("Content-Digest", `sha-256=:${sent.sum}:`);
    request.upload.addEventListener("progress", (event) => { moved(); sent?.moved(event.loaded); });
    request.upload.addEventListener("load", () => { isWhole = true; });
    request.addEventListener("load", () => {
      let answer;
      try { answer = JSON.parse(request.responseText); } catch { /* Something in between answered. */ }
      if (request.status === 200 && answer) done(answer);
      else fail(answer?.reason ? Object.assign(new Refused(answer, request.status), { whole: isWhole }) : new Broken(isWhole));
    });
    for (const end of ["error", "abort"]) request.addEventListener(end, () => fail(signal.aborted ? signal.reason : new Broken(isWhole)));
    request.addEventListener("loadend", () => { clearTimeout(watch); signal.removeEventListener("abort", stop); });
    signal.addEventListener("abort", stop);
    moved();
    request.send(sent?.bytes);
  });
}

/** Whether it is worth another try by itself. */
function passes(why, tries) {
  if (tries >= TRIES_MAX) return false;
  if (why instanceof Broken) return true;
  if (!(why instanceof Refused)) return false;
  return why.status >= 500 || why.message === "body_cut" || (why.message === "checksum_wrong" && tries < 2);
}

/** Waits longer each time; ends early when the network is back, or whoever waits is stopped. */
function wait(tries, signal) {
  return new Promise((done, fail) => {
    const end = () => { clearTimeout(timer); removeEventListener("online", end); signal.removeEventListener("abort", end); signal.aborted ? fail(signal.reason) : done(); };
    const timer = setTimeout(end, Math.min(WAIT_MS_MAX, 500 * 2 ** tries) * (0.5 + Math.random() / 2));
    addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}

/** Of all that would send bytes, two at a time. */
const two = (() => {
  let free = AT_ONCE;
  const waiting = [];
  return async (deed) => {
    if (free > 0) free -= 1; else await new Promise((go) => waiting.push(go));
    try { return await deed(); } finally { const next = waiting.shift(); if (next) next(); else free += 1; }
  };
})();

// --- one file --------------------------------------------------------------------------------------------------------
class Sending {
  constructor(file, path) {
    Object.assign(this, { file, path, state: "ready", sums: new Map(), arrived: 0, moving: new Map(), seen: [] });
    this.item = list.appendChild(place.querySelector("template").content.firstElementChild.cloneNode(true));
    this.bar = this.at("progress");
    this.at(".what").textContent = path;
    this.bar.setAttribute("aria-label", path);
    for (const [name, deed] of Object.entries({ pause: () => this.pause(), go: () => enqueue(this), anew: () => this.anew(), drop: () => this.drop() })) {
      this.at(`[name=${name}]`).setAttribute("aria-label", `${this.at(`[name=${name}]`).textContent}: ${path}`);
      this.at(`[name=${name}]`).addEventListener("click", deed);
    }
    this.part = Math.max(PART_BYTES, Math.ceil(file.size / PARTS_MAX / (1 << 20)) * (1 << 20));
    this.last = Math.ceil(file.size / this.part);
    this.tell("ready");
  }

  at(selector) { return this.item.querySelector(selector); }

  /** Where it goes, and under which grant; asked when the person says so. */
  async aim(prefix, grant) {
    this.key = prefix + this.path;
    this.grant = grant || undefined;
    const { file, key } = this;
    this.mark = await sha256(encoded(JSON.stringify([form.dataset.deliver, form.action, grant, key, file.size, file.lastModified])));
  }

  /** Sends it, from wherever it is, until it is stored or something ends that. */
  async go() {
    const stop = new AbortController();
    this.stop = stop;
    this.moving.clear();
    this.seen = [];
    try {
      const leaf = await (this.file.size <= SMALL_BYTES ? this.whole(stop.signal) : this.parts(stop));
      this.arrived = this.file.size;
      this.tell("verified");
      Object.assign(this.at(".leaf a"), { href: `/leaves/${leaf}` }).firstElementChild.textContent = leaf;
      this.at(".leaf").hidden = !leaf;
    } catch (why) {
      // WHY: what was paused has said so, and what was sent on since is about something newer.
      if (this.stop === stop && why.message !== "paused") this.fell(why);
    }
    count();
  }

  /** Does it until it is done: what breaks is done again. */
  async patient(signal, deed) {
    for (let tries = 0; ; tries += 1) {
      try {
        const done = await deed(tries);
        if (this.state === "broken") this.tell("sends");
        return done;
      } catch (why) {
        if (signal.aborted || !passes(why, tries)) throw why;
        this.moving.clear();
        this.tell("broken");
        await wait(tries, signal);
      }
    }
  }

  /** A small file in one request. */
  async whole(signal) {
    const { file, key, grant } = this;
    const bytes = await this.read(0, file.size);
    const sum = await sha256(bytes);
    const { leaf, answer } = await two(() => this.patient(signal, async (tries) => {
      // WHY: a body that is refused on its way breaks the connection; what carries none is told why.
      if (tries > 0) await act("upload.show", { upload: "none", grant }, signal);
      signal.throwIfAborted();
      this.tell("sends");
      return act("object.put", { key, media: file.type || undefined, grant }, signal, { bytes, sum, moved: (sent) => this.moved(0, sent) })
        // WHY not sent again: what was stored before it broke would be there twice.
        .catch((why) => { throw why.whole && (why instanceof Broken || why.status >= 500) ? new Ended("unsure") : why; });
    }));
    if (answer.sha256 !== sum || answer.size_bytes !== file.size) throw new Ended("wrong");
    return leaf;
  }

  /** A large one in parts, those that the region has left out. */
  async parts(stop) {
    const signal = stop.signal;
    const had = await this.begun(signal);
    const missing = Array.from({ length: this.last }, (_, at) => at + 1).filter((number) => !had.has(number));
    const some = async () => { for (let number; (number = missing.shift()); ) await two(() => this.one(number, signal)); };
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, some));
    } catch (why) {
      stop.abort(why);
      throw why;
    }
    this.tell("ends");
    await this.compare(signal);
    const { leaf, answer } = await this.complete(signal);
    if (answer.size_bytes !== this.file.size) throw new Ended("wrong");
    return leaf;
  }

  /** The numbers of parts that the region has, and has as they are here; begins an upload where there is none. */
  async begun(signal) {
    this.upload ??= kept(this.mark);
    const parts = this.upload && await this.patient(signal, () => this.shown(signal));
    const had = new Set();
    this.arrived = 0;
    if (!parts) {
      this.sums.clear();
      const { answer } = await this.patient(signal, () => act("upload.start", { key: this.key, grant: this.grant }, signal));
      this.upload = answer.upload;
      kept(this.mark, this.upload);
    }
    for (const [number, part] of parts ?? []) {
      this.tell("checks");
      if (number > this.last || part.size_bytes !== this.length(number)) throw new Ended("changed");
      if (!this.sums.has(number)) this.sums.set(number, await sha256(await this.slice(number)));
      signal.throwIfAborted();
      if (part.sha256 && part.sha256 !== this.sums.get(number)) throw new Ended("changed");
      if (part.sha256) had.add(number);
      if (part.sha256) this.arrived += part.size_bytes;
    }
    this.tell("sends");
    return had;
  }

  /** The parts that the region has, by number; none where it knows no such upload. */
  async shown(signal) {
    const { answer } = await act("upload.show", { upload: this.upload, grant: this.grant }, signal);
    const found = answer.find((one) => one.upload === this.upload && one.key === this.key);
    return found && new Map(found.parts.map((part) => [part.part, part]));
  }

  async one(number, signal) {
    const bytes = await this.slice(number);
    const sum = await sha256(bytes);
    this.sums.set(number, sum);
    await this.patient(signal, async (tries) => {
      // WHY: it may have arrived, and the answer been lost.
      if (tries > 0 && (await this.shown(signal))?.get(number)?.sha256 === sum) return;
      const fields = { key: this.key, upload: this.upload, part: number, grant: this.grant };
      const { answer } = await act("upload.part", fields, signal, { bytes, sum, moved: (sent) => this.moved(number, sent) });
      if (answer.sha256 !== sum) throw new Ended("wrong");
    });
    this.moving.delete(number);
    this.arrived += bytes.byteLength;
    this.draw();
  }

  /** Before it becomes an object: what the region computed is what was computed here, part by part. */
  async compare(signal) {
    const told = await this.patient(signal, () => this.shown(signal));
    const isSame = (number) => told.get(number)?.sha256 === this.sums.get(number) && told.get(number).size_bytes === this.length(number);
    const numbers = Array.from({ length: this.last }, (_, at) => at + 1);
    if (told?.size !== this.last || !numbers.every(isSame)) throw new Ended("wrong");
  }

  async complete(signal) {
    const fields = { key: this.key, upload: this.upload, grant: this.grant };
    let isLost = false;
    const lost = (why) => { isLost ||= why instanceof Broken; throw why; };
    const done = await this.patient(signal, () => act("upload.complete", fields, signal).catch(lost)).catch((why) => {
      if (why.message !== "not_found") throw why;
      this.forget();
      // WHY: asked again, an upload that was completed is not there any more.
      throw isLost ? new Ended("unsure") : why;
    });
    this.forget();
    return done;
  }

  forget() {
    forget(this.mark);
    this.upload = undefined;
  }

  length(number) { return Math.min(this.part, this.file.size - (number - 1) * this.part); }
  slice(number) { return this.read((number - 1) * this.part, this.length(number)); }

  async read(from, length) {
    try { return await this.file.slice(from, from + length).arrayBuffer(); } catch { throw new Ended("unread"); }
  }

  // --- what the person does ---
  pause() {
    this.stop?.abort(new Ended("paused"));
    if (queue.includes(this)) queue.splice(queue.indexOf(this), 1);
    this.tell("paused");
  }

  async drop() {
    this.pause();
    await this.aborted();
    this.arrived = 0;
    this.moving.clear();
    this.tell("dropped");
    count();
  }

  async anew() {
    this.pause();
    await this.aborted();
    this.sums.clear();
    enqueue(this);
  }

  async aborted() {
    const upload = this.upload ?? (this.mark && kept(this.mark));
    if (!upload) return;
    // What is not there any more needs no giving up; what cannot be reached ends by the bucket's rules.
    await act("upload.abort", { key: this.key, upload, grant: this.grant }, new AbortController().signal).catch(() => {});
    this.forget();
  }

  // --- what the person sees ---
  moved(number, sent) {
    this.moving.set(number, Math.min(sent, number ? this.length(number) : this.file.size));
    const now = performance.now();
    if (now - (this.drawn ?? 0) > 250) this.draw(now);
  }

  draw(now = performance.now()) {
    this.drawn = now;
    const sent = this.arrived + [...this.moving.values()].reduce((sum, bytes) => sum + bytes, 0);
    const whole = this.file.size;
    this.bar.value = whole ? sent / whole : 1;
    this.seen = [...this.seen.filter(([at]) => now - at < 8_000), [now, sent]];
    const [[since, before]] = this.seen;
    const speed = now > since ? Math.max(0, (sent - before) * 1000 / (now - since)) : 0;
    const parts = [`${size(sent)} / ${size(whole)}`];
    if (this.state === "sends" && speed > 0) parts.push(`${size(speed)}/s`, filled(says.left, time((whole - sent) / speed)));
    this.at(".how").textContent = this.state === "verified" ? size(whole) : parts.join(" · ");
  }

  tell(state) {
    this.state = state;
    const isHere = this.item.contains(document.activeElement);
    const [isGood, isBad] = [state === "verified", ["wrong", "changed", "unread", "unsure", "refused"].includes(state)];
    const why = this.at(".why");
    why.hidden = !says[state];
    why.className = `why${isGood ? " state good" : isBad ? " state bad" : " hint"}`;
    why.textContent = `${isGood ? "✓ " : isBad ? "✕ " : ""}${says[state] ?? ""}`;
    this.at(".code").hidden = true;
    const isOver = isGood || state === "dropped";
    const shown = {
      pause: ["waits", "checks", "sends", "broken", "ends"].includes(state),
      go: ["paused", "refused"].includes(state) || state === "unsure",
      anew: ["wrong", "changed"].includes(state),
      drop: !isOver,
    };
    for (const [name, is] of Object.entries(shown)) this.at(`[name=${name}]`).hidden = !is;
    this.at(".do").hidden = isOver;
    if (isHere) this.focus();
    this.draw();
  }

  fell(why) {
    this.moving.clear();
    if (why instanceof Ended) return this.tell(why.message);
    if (why instanceof Broken) return this.tell("paused");
    this.tell("refused");
    const { title, detail, hint, reason } = why.problem ?? { title: String(why) };
    const line = [`${says.refused}: ${title}.`, detail && `${detail}.`, hint && `${says.helps}: ${hint}.`];
    this.at(".why").textContent = `✕ ${line.filter(Boolean).join(" ")}`;
    this.at(".code").hidden = !reason;
    this.at(".code code").textContent = reason ?? "";
  }

  /** WHY: a button that goes must not take the keyboard's place with it. */
  focus() {
    const here = document.activeElement;
    if (this.item.contains(here) && !here.closest("[hidden]")) return;
    const next = this.at("button:not([hidden])");
    if (!this.at(".do").hidden && next) return next.focus();
    this.item.tabIndex = -1;
    this.item.focus();
  }
}

// --- all of them -----------------------------------------------------------------------------------------------------
const is = (...states) => all.filter((one) => states.includes(one.state)).length;

function count() {
  const begun = all.length - is("ready", "dropped");
  const fell = is("wrong", "changed", "unread", "unsure", "refused");
  const words = begun ? [filled(says.stored, is("verified"), begun)] : [];
  if (fell) words.push(filled(says.failed, fell));
  place.querySelector(".count").textContent = words.join(" ");
  const look = place.querySelector(".look");
  if (look) look.hidden = is("verified") === 0;
}

function enqueue(one) {
  one.tell("waits");
  queue.push(one);
  pump();
}

function pump() {
  while (running < AT_ONCE && queue.length) {
    running += 1;
    queue.shift().go().finally(() => { running -= 1; pump(); });
  }
}

function add(files) {
  for (const [file, path] of files) {
    if (all.length - is("verified", "dropped") >= FILES_MAX) {
      place.querySelector(".count").textContent = says.many;
      break;
    }
    all.push(new Sending(file, path));
  }
  list.hidden = !all.length;
}

/** Files with their paths out of what was dropped, folders and all. */
async function dropped(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const found = [];
  const open = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile()).filter(Boolean);
  while (open.length && found.length < FILES_MAX) {
    const entry = open.shift();
    if (entry instanceof File) found.push([entry, entry.name]);
    else if (entry.isFile) found.push([await new Promise((...ends) => entry.file(...ends)), entry.fullPath.slice(1)]);
    else {
      const reader = entry.createReader();
      for (let some; (some = await new Promise((...ends) => reader.readEntries(...ends))).length && open.length < FILES_MAX; ) open.push(...some);
    }
  }
  return found;
}

async function deliver(event) {
  event.preventDefault();
  const ready = all.filter((one) => one.state === "ready");
  const [prefix, grant] = [form.elements.prefix.value, form.elements.grant?.value ?? ""];
  if (!ready.length) {
    place.querySelector(".count").textContent = says.none;
    form.elements.file.focus();
  }
  for (const one of ready) {
    await one.aim(prefix, grant);
    enqueue(one);
  }
  count();
}

function choose() {
  const picker = Object.assign(document.createElement("input"), { type: "file", webkitdirectory: true });
  picker.addEventListener("change", () => add([...picker.files].map((file) => [file, file.webkitRelativePath || file.name])));
  picker.click();
}

function begin() {
  const [input, drop] = [form.elements.file, form.querySelector(".drop")];
  forgetOld();
  input.required = false;
  for (const part of form.querySelectorAll("[data-scripted]")) part.hidden = false;
  form.addEventListener("submit", deliver);
  form.querySelector("[data-folder]").addEventListener("click", choose);
  input.addEventListener("change", () => {
    add([...input.files].map((file) => [file, file.name]));
    input.value = "";
  });
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    dropped(event.dataTransfer).then(add, () => { place.querySelector(".count").textContent = says.unread; });
  });
  addEventListener("beforeunload", (event) => { if (is("waits", "checks", "sends", "broken", "ends")) event.preventDefault(); });
}

// WHY: where a browser computes no digests, nothing could be compared; the form is there.
if (form && place && globalThis.crypto?.subtle) begin();
