// The chat page lives: what is sent waits here until it is safe with the shop, what is answered appears by itself.
(() => {
  "use strict";
  const root = document.getElementById("chat");
  if (!root) return;
  const get = (id) => document.getElementById(id);
  const { dataset } = root;
  const list = get("messages"), form = get("write"), state = get("state"), wrong = get("wrong"), address = get("address"), text = get("text");
  const KEY = "beizai-chat", THREAD = /^\/chat\/t\/[\w-]{20,2000}\/$/;
  const framed = window.parent !== window && dataset.origin;
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (one) => one.toString(16).padStart(2, "0")).join("");
  const store = (work) => { try { return work(localStorage); } catch { return null; } };
  const tell = (what) => { if (framed) window.parent.postMessage({ beizai: "chat", ...what }, dataset.origin); };

  // Nothing is kept on the device before the visitor has written.
  const kept = JSON.parse(store((place) => place.getItem(KEY)) || "{}");
  const given = new URLSearchParams(location.hash.slice(1));
  const known = [given.get("thread"), kept.thread].find((one) => THREAD.test(one || ""));
  let thread = dataset.thread || known || "", last = Number(dataset.last) || 0;
  let out = (Array.isArray(kept.out) ? kept.out : []).slice(0, 50);
  let timer = 0, wait = 3, sending = false, pause = 1, unread = 0, shown = true;
  const keep = () => store((place) => place.setItem(KEY, JSON.stringify({ thread, out: out.map(({ id, text: words, begun }) => ({ id, text: words, begun })) })));
  const say = (words) => { wrong.textContent = words || ""; wrong.hidden = !words; };
  const status = (words) => { if (words && state.textContent !== words) state.textContent = words; };
  const ask = (url, options = {}) => fetch(url, { ...options, headers: { "X-Chat": "1" }, credentials: "omit", cache: "no-store" });

  const show = (item) => {
    const line = document.createElement("li"), box = document.createElement("div"), small = document.createElement("small");
    line.className = "mine waits";
    line.dataset.wait = item.id;
    box.className = "text";
    box.textContent = item.text || "…";
    small.textContent = `${dataset.you} · ${dataset.waits}`;
    line.append(box, small);
    list.append(line);
    line.scrollIntoView({ block: "nearest" });
  };
  const take = (answer) => {
    if (answer.thread && answer.thread !== thread) { thread = answer.thread; keep(); tell({ thread }); }
    const found = document.createElement("template");
    found.innerHTML = answer.html || "";
    const waiting = list.querySelector("[data-wait]");
    for (const line of [...found.content.querySelectorAll("li[data-id]")])
      if (!list.querySelector(`[data-id="${line.dataset.id}"]`)) { list.insertBefore(line, waiting); line.scrollIntoView({ block: "nearest" }); }
    last = Math.max(last, answer.last);
    wait = answer.wait;
    status(answer.status);
    address.hidden = !answer.late;
    if (document.hidden || !shown) unread += answer.fresh; else unread = 0;
    tell({ unread });
  };

  const look = async () => {
    clearTimeout(timer);
    if (thread) {
      try {
        const answer = await ask(`${thread}news/?after=${last}${document.hidden || !shown ? "&hidden=1" : ""}`);
        if (answer.ok) take(await answer.json());
        else if (answer.status === 404) { thread = ""; store((place) => place.removeItem(KEY)); tell({ thread: "" }); }
      } catch { status(dataset.away); }
    }
    clearTimeout(timer);
    timer = setTimeout(look, 1000 * (document.hidden || !shown ? 30 : wait));
  };

  const send = async () => {
    if (sending) return;
    sending = true;
    while (out.length) {
      const item = out[0], body = new FormData();
      for (const [name, value] of Object.entries({ id: item.id, text: item.text, token: item.begun || "", after: last, lang: form.elements.lang.value, anonymous: form.elements.anonymous.value, website: form.elements.website.value })) body.append(name, value);
      if (item.file) body.append("picture", item.file);
      let answer = null, told = {};
      try { answer = await ask(thread || dataset.start, { method: "POST", body }); told = await answer.json(); } catch { answer = null; }
      if (answer && answer.ok) {
        out.shift(); keep(); pause = 1; say("");
        list.querySelector(`[data-wait="${item.id}"]`)?.remove();
        take(told);
        continue;
      }
      if (answer && answer.status < 500 && answer.status !== 408 && told.code !== "too_quick" && told.code !== "stale") {
        out.shift(); keep();
        list.querySelector(`[data-wait="${item.id}"]`)?.remove();
        if (!text.value) text.value = item.text;
        say(told.wrong || dataset.away);
        continue;
      }
      if (told.code === "stale") { try { item.begun = (await (await ask(dataset.begun)).json()).token; keep(); } catch { /* the next round */ } }
      if (!answer) status(dataset.away);
      await new Promise((done) => setTimeout(done, 1000 * pause));
      pause = told.code ? 2 : Math.min(pause * 2, 30);
    }
    sending = false;
    look();
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = text.value.trim(), file = form.elements.picture.files[0];
    if (!words && !file) { text.focus(); return; }
    const item = { id: random(), text: words, begun: thread ? "" : form.elements.token.value, file };
    out.push(item);
    keep();
    show(item);
    text.value = ""; form.elements.picture.value = "";
    text.focus();
    send();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  });
  address.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const answer = await ask(`${thread}address/`, { method: "POST", body: new FormData(address) });
      const told = await answer.json();
      if (answer.ok) { address.hidden = true; status(told.done); } else say(told.wrong);
    } catch { say(dataset.away); }
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  addEventListener("online", look);

  // In a frame on the shop's page: the page around it opens, closes, and remembers the thread.
  if (framed) {
    const close = get("close");
    close.hidden = false;
    close.addEventListener("click", () => tell({ close: 1 }));
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") tell({ close: 1 }); });
    addEventListener("message", (event) => {
      if (event.origin !== dataset.origin || event.source !== window.parent || event.data?.beizai !== "chat") return;
      shown = Boolean(event.data.open);
      if (shown) { unread = 0; tell({ unread }); look(); text.focus(); }
    });
    if (given.get("anonymous")) form.elements.anonymous.value = given.get("anonymous").slice(0, 200);
    shown = given.get("open") === "1";
    tell({ ready: 1 });
  }
  out.forEach(show);
  if (out.length) send(); else look();
})();
