// The rule builder: counts while typing, renews the fields a choice depends on, without losing place or focus.
(() => {
  "use strict";
  const form = document.querySelector("form[data-builder]");
  if (!form) return;
  const fetched = async (url, extra) => {
    const data = new FormData(form);
    for (const [name, value] of Object.entries(extra || {})) data.append(name, value);
    const answer = await fetch(url, { method: "POST", body: new URLSearchParams([...data].filter(([, v]) => typeof v === "string")), headers: { "X-Fragment": "1" }, credentials: "same-origin" });
    return answer.text();
  };
  const place = () => document.querySelector(form.dataset.count);
  const spread = () => {
    const counts = new Map([...place().querySelectorAll("[data-path]")].map((one) => [one.dataset.path, one.textContent]));
    for (const spot of form.querySelectorAll(".cnt[data-for]")) spot.textContent = counts.get(spot.dataset.for) ?? "";
  };
  let asked = 0;
  const count = async () => {
    const mine = ++asked;
    const html = await fetched(form.dataset.countUrl);
    if (mine === asked) { place().innerHTML = html; spread(); }
  };
  let timer = 0;
  const soon = (wait) => { clearTimeout(timer); timer = setTimeout(() => count().catch(() => {}), wait); };
  const renew = async (extra, focus) => {
    const html = await fetched(form.action || location.href, extra);
    const rule = form.querySelector("[data-rule]");
    rule.innerHTML = html;
    const again = focus && rule.querySelector(`[name="${CSS.escape(focus)}"]`);
    if (again) again.focus();
    soon(10);
  };
  form.addEventListener("input", (event) => { if (event.target.closest("[data-rule]") || event.target.name === "as_of") soon(500); });
  form.addEventListener("change", (event) => { if (event.target.matches("[data-renews]")) renew({}, event.target.name).catch(() => form.requestSubmit()); });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-rule] button[name=do]");
    if (!button) return;
    event.preventDefault();
    renew({ do: button.value }, "").catch(() => form.requestSubmit(button));
  });
  soon(50);
})();
