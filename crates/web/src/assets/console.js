// The console works without this: it shows how far files are, and takes them where they are dropped.
"use strict";

const percent = (part, whole) => (whole > 0 ? Math.floor((part / whole) * 100) : 0);

/** Sends a form of files and says how far it is; what comes back is the page that the form would have led to. */
function send(form) {
  const line = form.querySelector(".progress");
  const bar = document.createElement("progress");
  const says = document.createElement("span");
  line.replaceChildren(bar, says);
  line.hidden = false;
  bar.max = 100;
  bar.setAttribute("aria-label", form.dataset.upload);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    bar.value = percent(event.loaded, event.total);
    says.textContent = ` ${form.dataset.upload} ${bar.value} %`;
  });
  request.addEventListener("load", () => show(request.responseText));
  request.addEventListener("error", () => form.submit());
  request.send(new FormData(form));
  for (const button of form.querySelectorAll("button")) button.disabled = true;
}

/** Shows a page that came as an answer, and reads on from its heading. */
function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  document.title = page.title;
  document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
  document.querySelector("main").focus();
  begin();
}

function begin() {
  for (const form of document.querySelectorAll("form[data-upload]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form);
    });
    const drop = form.querySelector(".drop");
    const input = form.querySelector("input[type=file]");
    drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      input.files = event.dataTransfer.files;
    });
  }
}

begin();
