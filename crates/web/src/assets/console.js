// The console works without this: it proves leaves, and offers passkeys.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
const plain = (text) => new TextEncoder().encode(text);
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

async function sha256(...pieces) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await new Blob(pieces).arrayBuffer()));
}

function number(size) {
  const eight = new DataView(new ArrayBuffer(8));
  eight.setBigUint64(0, BigInt(size));
  return new Uint8Array(eight.buffer);
}

/** Whether what the leaf says is what its commitment stands for (docs/format.md). */
async function opens(proof) {
  const { salt, record_bytes: record, detail_bytes: detail } = proof.record;
  if (!salt || !record) return false;
  const [said, more] = [bytes(record), bytes(detail ?? "")];
  const made = await sha256(plain("epic leaf commitment v1\n"), fromHex(salt), number(said.length), said, number(more.length), more);
  return same(made, fromHex(proof.commitment));
}

/** The root that a leaf and its path make (RFC 9162, 2.1.3.2). */
async function rootOf(proof) {
  let [at, last] = [proof.index, proof.size - 1];
  let node = await sha256(Uint8Array.of(0), fromHex(proof.commitment));
  const half = (value) => Math.floor(value / 2);
  for (const hash of proof.proof.map(bytes)) {
    if (last === 0) return undefined;
    if (at % 2 === 1 || at === last) {
      node = await sha256(Uint8Array.of(1), hash, node);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      node = await sha256(Uint8Array.of(1), node, hash);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 ? node : undefined;
}

async function isIncluded(proof) {
  const [, size, root] = proof.checkpoint.split("\n");
  const made = await rootOf(proof);
  return Number(size) === proof.size && made !== undefined && same(made, bytes(root));
}

/** Whether the region's key signed the checkpoint (C2SP signed-note). */
async function isSigned(proof) {
  // WHY so: base64 may hold a plus too.
  const [, name, encoded] = /^([^+]+)\+[0-9a-f]{8}\+(.+)$/.exec(proof.key);
  const end = proof.checkpoint.lastIndexOf("\n\n");
  const text = plain(proof.checkpoint.slice(0, end + 1));
  const key = await crypto.subtle.importKey("raw", bytes(encoded).slice(1), "Ed25519", false, ["verify"]);
  for (const line of proof.checkpoint.slice(end + 2).split("\n")) {
    const [, signer, signature] = line.split(" ");
    if (signer === name && (await crypto.subtle.verify("Ed25519", key, bytes(signature).slice(4), text))) {
      return proof.checkpoint.startsWith(`${name}\n`);
    }
  }
  return false;
}

/** Proves in this browser what the page says of a leaf, step by step. */
async function verify(place) {
  const [list, proved, unproved] = ["ol", ".proved", ".unproved"].map((name) => place.querySelector(name));
  const proof = JSON.parse(document.getElementById("proof").textContent);
  let holds = true;
  for (const part of [...list.children]) part.className = "";
  [proved.hidden, unproved.hidden, list.hidden] = [true, true, false];
  for (const [at, step] of [opens, isIncluded, isSigned].entries()) {
    const is = await step(proof).catch(() => false);
    list.children[at].className = is ? "holds" : "fails";
    holds = holds && is;
  }
  proved.hidden = !holds;
  unproved.hidden = holds;
}

const fromWeb = (text) => bytes(text.replaceAll("-", "+").replaceAll("_", "/"));
const toWeb = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Has the browser make a passkey for whoever the form is about (Web Authentication, 5.1.3). */
async function make(form) {
  const { question, person, alias, called, region } = form.dataset;
  const made = await navigator.credentials.create({
    publicKey: {
      rp: { id: location.hostname, name: `EPIC ${region}` },
      user: { id: fromWeb(person), name: alias, displayName: called },
      challenge: fromWeb(question),
      pubKeyCredParams: [-7, -257].map((alg) => ({ type: "public-key", alg })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
      attestation: "none",
    },
  });
  form.elements.made.value = JSON.stringify({
    challenge: question,
    client_data: toWeb(made.response.clientDataJSON),
    authenticator_data: toWeb(made.response.getAuthenticatorData()),
    public_key: toWeb(made.response.getPublicKey()),
    algorithm: made.response.getPublicKeyAlgorithm(),
  });
}

/** Has the browser show one (Web Authentication, 5.1.4). */
async function reveal(form) {
  const { question } = form.dataset;
  const shown = await navigator.credentials.get({
    publicKey: { challenge: fromWeb(question), rpId: location.hostname, userVerification: "required" },
  });
  form.elements.shown.value = JSON.stringify({
    challenge: question,
    id: toWeb(shown.rawId),
    client_data: toWeb(shown.response.clientDataJSON),
    authenticator_data: toWeb(shown.response.authenticatorData),
    signature: toWeb(shown.response.signature),
    person: toWeb(shown.response.userHandle ?? new ArrayBuffer(0)),
  });
}

/** Offers passkeys where this browser has them. */
function offerPasskey(form) {
  if (!window.PublicKeyCredential) return;
  form.querySelector("[data-without]").hidden = true;
  form.querySelector("button").hidden = false;
  const says = form.querySelector(".failed");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    says.textContent = "";
    const work = form.dataset.passkey === "make" ? make(form) : reveal(form);
    work.then(
      () => form.submit(),
      () => { says.textContent = form.dataset.failed; },
    );
  });
}

function begin() {
  for (const form of document.querySelectorAll("form[data-passkey]")) offerPasskey(form);
  for (const place of document.querySelectorAll("[data-verify]")) {
    const button = place.querySelector("button");
    button.hidden = false;
    button.addEventListener("click", () => verify(place));
  }
  // WHY: what somebody sent from here is nothing to the next person at this machine.
  document.querySelector('form[action="/sign-out"]')?.addEventListener("submit", () => {
    for (const name of Object.keys(localStorage)) if (name.startsWith("epic-upload:")) localStorage.removeItem(name);
  });
}

begin();
