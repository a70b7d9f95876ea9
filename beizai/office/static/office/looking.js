// The live look at a mail: what is typed is shown a moment later in a fresh frame (a fresh one adds nothing to the history).
(() => {
  "use strict";
  const sheet = document.querySelector("[data-look]");
  const form = sheet?.closest("form");
  if (!form) return;
  const button = sheet.querySelector("button[formtarget]");
  const show = () => {
    const old = sheet.querySelector("iframe");
    const frame = old.cloneNode();
    frame.removeAttribute("src");
    frame.classList.toggle("phone", form.elements.view.value === "phone");
    old.replaceWith(frame);
    const shadow = form.cloneNode(false);
    shadow.removeAttribute("id");
    shadow.hidden = true;
    shadow.action = sheet.dataset.look;
    shadow.target = frame.name;
    shadow.enctype = "application/x-www-form-urlencoded";
    for (const [name, value] of new FormData(form)) {
      if (typeof value !== "string") continue;
      const field = document.createElement("textarea");
      field.name = name;
      field.value = value;
      shadow.append(field);
    }
    document.body.append(shadow);
    shadow.submit();
    shadow.remove();
  };
  let timer = 0;
  const soon = () => { clearTimeout(timer); timer = setTimeout(show, 600); };
  form.addEventListener("input", (event) => { if (!event.target.closest("[data-look]") && event.target.type !== "file") soon(); });
  sheet.addEventListener("change", show);
  button.hidden = true;
})();
