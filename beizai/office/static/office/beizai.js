// The little that HTML cannot do alone. Every page works without it.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const typing = (element) => element.closest("input, textarea, select, [contenteditable]");

  // "/" searches, "?" shows the keys, Escape closes the topmost and gives the focus back.
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !typing(event.target)) {
      event.preventDefault();
      document.querySelector(".search input")?.focus();
    } else if (event.key === "?" && !typing(event.target)) {
      location.href = "/help/#keys";
    } else if (/^[a-z]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target)) {
      document.querySelector(`[data-key="${event.key}"]`)?.click();
    } else if (event.key === "Escape") {
      const open = all("details.why[open], details.pick[open]").pop();
      if (open) { open.open = false; open.firstElementChild.focus(); }
    } else if ((event.key === "Enter" || event.key === " ") && event.target.matches?.("[aria-disabled=true]")) {
      event.preventDefault();
    }
  });
  document.addEventListener("click", (event) => {
    all("details.why[open], details.pick[open]").forEach((d) => { if (!d.contains(event.target)) d.open = false; });
    if (event.target.closest("[aria-disabled=true]")) event.preventDefault();
    const close = event.target.closest("[data-close]");
    if (close) close.closest(".toast")?.remove();
  });

  // Toasts go after ten seconds, but not under the pointer or the focus.
  const later = (toast) => {
    let timer = 0;
    const start = () => { timer = setTimeout(() => toast.remove(), 10000); };
    const stop = () => clearTimeout(timer);
    for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stop);
    for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, () => { stop(); start(); });
    start();
  };
  all(".toasts .toast").forEach(later);

  // A form with data-live="#box" asks while typing and puts the answer into the box; data-live-url names another address.
  // A fragment is asked for with the header X-Fragment: 1; only what changed is swapped, and the focus stays.
  const swap = (box, html) => { if (box.innerHTML !== html) { box.innerHTML = html; box.dispatchEvent(new CustomEvent("swapped", { bubbles: true })); } };
  const fragment = (url, options = {}) => fetch(url, { ...options, headers: { "X-Fragment": "1", ...(options.headers || {}) }, credentials: "same-origin" });
  let asked = 0;
  const ask = async (form) => {
    const box = document.querySelector(form.dataset.live);
    const mine = ++asked;
    const data = new URLSearchParams(new FormData(form));
    const url = form.dataset.liveUrl || form.action;
    const post = form.dataset.liveMethod === "post";
    const answer = post ? await fragment(url, { method: "POST", body: data }) : await fragment(`${url}?${data}`);
    const html = await answer.text();
    if (mine === asked && box) swap(box, html);
  };
  const timers = new WeakMap();
  const soon = (form, wait) => { clearTimeout(timers.get(form)); timers.set(form, setTimeout(() => ask(form).catch(() => {}), wait)); };
  document.addEventListener("input", (event) => { const form = event.target.closest("form[data-live]"); if (form) soon(form, 250); });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-live]");
    if (form && event.target.matches("select, input[type=radio], input[type=checkbox]")) soon(form, 10);
    const auto = event.target.closest("[data-submit]");
    if (auto) auto.form.requestSubmit();
  });

  // <div data-load="url"> is filled after the page stands; data-every="2" seconds asks again, never in a hidden tab.
  const load = async (box) => {
    try {
      const answer = await fragment(box.dataset.load);
      if (answer.ok) {
        swap(box, await answer.text());
        if (answer.headers.get("X-Done") === "1") { delete box.dataset.every; if (box.dataset.then) location.href = box.dataset.then; }
      }
    } catch { /* the next round tries again */ }
    box.removeAttribute("aria-busy");
  };
  const watch = (box) => {
    const folded = box.closest("details:not([open])");
    if (folded) { folded.addEventListener("toggle", () => watch(box), { once: true }); return; }
    const seconds = Math.max(2, Number(box.dataset.every || 0));
    if (!box.hasAttribute("data-wait")) load(box);
    const again = () => { if (box.isConnected && box.dataset.every) { if (!document.hidden) load(box); setTimeout(again, seconds * 1000); } };
    if (box.dataset.every) setTimeout(again, seconds * 1000);
  };
  all("[data-load]").forEach(watch);
  document.addEventListener("swapped", (event) => all("[data-load]", event.target).forEach(watch));

  // <table data-fill="url">: each <div data-for="ID"> of the answer goes into the element of that id.
  all("[data-fill]").forEach(async (table) => {
    try {
      const answer = await fragment(table.dataset.fill);
      if (!answer.ok) return;
      const found = new DOMParser().parseFromString(await answer.text(), "text/html");
      all("[data-for]", found).forEach((part) => { const place = document.getElementById(part.dataset.for); if (place) place.innerHTML = part.innerHTML; });
    } catch { /* the page stands without it */ }
  });

  // A form with data-ask asks once before what was typed is lost.
  let dirty = false;
  document.addEventListener("input", (event) => { if (event.target.closest("form[data-ask]")) dirty = true; });
  document.addEventListener("submit", () => { dirty = false; });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

  // data-enables="#button": typing the word of data-word makes the button work (the server checks it again).
  all("[data-enables]").forEach((input) => {
    const button = document.querySelector(input.dataset.enables);
    const look = () => button.toggleAttribute("disabled", input.value.trim() !== input.dataset.word);
    input.addEventListener("input", look);
    look();
  });

  // [data-choose-all] ticks every box of its table.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-choose-all]")) all("tbody input[type=checkbox]", event.target.closest("table")).forEach((box) => { box.checked = event.target.checked; });
  });
})();
