// SPDX-License-Identifier: Apache-2.0
// What makes the pages quicker to use. Every page works without it.
const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== false) element.setAttribute(name, value === true ? "" : value);
  element.append(...children);
  return element;
};
const isTyping = (target) => target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
const clickShown = (selector) => { const element = all(selector).find((one) => one.checkVisibility()); element?.click(); return element; };
export const announce = (text) => { const area = find("#announce"); if (area) area.textContent = text; };
const icon = (name) => {
  const existing = find("svg.icon use");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", (existing?.getAttribute("href") ?? "#").replace(/#.*/, "#" + name));
  svg.setAttribute("class", "icon icon-s"); svg.setAttribute("aria-hidden", "true"); svg.append(use);
  return svg;
};

// Shortcuts. Single keys can be switched off: <html data-keys="off">.
let before = "";
const moveRow = (step) => {
  const rows = all("[data-row]");
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  const link = row && find("a", row);
  link?.focus(); link?.scrollIntoView({ block: "nearest" });
};
const rowAction = (selector) => document.activeElement.closest?.("[data-row]")?.querySelector(selector)?.click();
const keys = {
  "/": () => find("[data-search]")?.focus(),
  "j": () => moveRow(1), "k": () => moveRow(-1), "o": () => rowAction("a"), "x": () => rowAction("[data-pick]"),
  "g h": () => { location.href = "/"; },
};
document.addEventListener("keydown", (event) => {
  const mod = event.ctrlKey || event.metaKey;
  if (mod && event.key.toLowerCase() === "k") { event.preventDefault(); find("[data-search]")?.focus(); return; }
  if (mod && event.key === "Enter") { const form = event.target.closest?.("form"); if (form) { event.preventDefault(); form.requestSubmit(find("[data-key='mod+Enter']", form) ?? undefined); } return; }
  if (event.key === "Escape" && event.target.matches?.("[data-search]")) { event.target.blur(); return; }
  if (mod || event.altKey || event.isComposing || isTyping(event.target) || document.documentElement.dataset.keys === "off") return;
  const pair = before + " " + event.key;
  before = event.key;
  setTimeout(() => { before = ""; }, 900);
  const action = keys[pair] ?? keys[event.key];
  if (action) { event.preventDefault(); action(); return; }
  const place = all(`[data-focus-key="${CSS.escape(event.key)}"]`).find((one) => one.checkVisibility());
  if (place) { event.preventDefault(); place.focus(); place.scrollIntoView({ block: "center" }); return; }
  if (/^[a-z?]$/.test(event.key) && clickShown(`[data-key="${event.key}"]`)) event.preventDefault();
});

// Dialogs, for browsers without invoker commands.
if (!("commandForElement" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-open], [data-close]");
    if (button?.dataset.open) document.getElementById(button.dataset.open)?.showModal();
    if (button?.dataset.close) document.getElementById(button.dataset.close)?.close();
  });
}

// Menus: arrow keys walk through the entries.
document.addEventListener("toggle", (event) => {
  if (event.newState === "open" && event.target.matches(".menu")) find(".menu-item, input, select", event.target)?.focus({ focusVisible: false });
}, true);
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu");
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key) || isTyping(event.target)) return;
  const items = all(".menu-item", menu);
  const at = items.indexOf(document.activeElement);
  const next = { ArrowDown: (at + 1) % items.length, ArrowUp: (at - 1 + items.length) % items.length, Home: 0, End: items.length - 1 }[event.key];
  event.preventDefault(); items[next]?.focus();
});

// Toasts go after a while, unless somebody reads them.
const TOAST_TIME = 8000;
const goAway = (toast) => {
  let timer;
  const wait = () => { timer = setTimeout(() => toast.remove(), TOAST_TIME); };
  for (const kind of ["pointerenter", "focusin"]) toast.addEventListener(kind, () => clearTimeout(timer));
  for (const kind of ["pointerleave", "focusout"]) toast.addEventListener(kind, wait);
  if (!toast.matches(".tone-bad")) wait();
};
document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest("[data-toast]")?.remove();
  const button = event.target.closest("[data-show]");
  if (!button) return;
  const input = find("input", button.closest("[data-password]"));
  const shown = input.type === "text";
  input.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
});

// Rows that are picked.
const showPicked = () => {
  const picked = all("[data-pick]:checked").length;
  const bar = find("[data-selection]");
  if (bar) {
    bar.hidden = picked === 0;
    const count = find("[data-count]", bar);
    count.textContent = picked === 1 ? count.dataset.one : count.dataset.many.replace("{n}", picked);
  }
  const boxes = all("[data-pick]").length;
  const head = find("[data-pick-all]");
  if (head) { head.checked = picked === boxes && boxes > 0; head.indeterminate = picked > 0 && picked < boxes; }
};
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick-all]")) for (const box of all("[data-pick]")) box.checked = event.target.checked;
  if (event.target.matches("[data-pick], [data-pick-all]")) showPicked();
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-unpick]")) { for (const box of all("[data-pick]")) box.checked = false; showPicked(); }
});

// Forms say whether they are saved, and warn before they are left.
let changed = null;
document.addEventListener("input", (event) => {
  const state = event.target.form && find("[data-save-state]", event.target.form);
  if (state) { state.textContent = state.dataset.changed; changed = event.target.form; }
});
document.addEventListener("submit", (event) => {
  changed = null;
  const state = find("[data-save-state]", event.target);
  if (state) state.textContent = state.dataset.saving;
});
addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });

// Tags: a text with commas becomes a row of tags.
const makeTags = (input) => {
  const box = make("div", { class: "input tagbox" });
  const typed = make("input", { type: "text", id: input.id, "aria-describedby": input.getAttribute("aria-describedby") ?? false });
  let tags = [];
  const draw = () => {
    for (const old of all(".tag", box)) old.remove();
    tags.forEach((text, at) => {
      const remove = make("button", { type: "button", "aria-label": input.dataset.remove.replace("{tag}", text) }, icon("x"));
      remove.addEventListener("click", () => { tags.splice(at, 1); draw(); typed.focus(); });
      typed.before(make("span", { class: "tag" }, text, remove));
    });
    input.value = tags.join(", ");
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const take = () => { for (const part of typed.value.split(",")) { const text = part.trim(); if (text && !tags.includes(text)) tags.push(text); } typed.value = ""; draw(); };
  typed.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === ",") && typed.value.trim()) { event.preventDefault(); take(); }
    if (event.key === "Backspace" && !typed.value && tags.length) { tags.pop(); draw(); }
  });
  typed.addEventListener("blur", () => { if (typed.value.trim()) take(); });
  box.addEventListener("click", (event) => { if (event.target === box) typed.focus(); });
  input.type = "hidden"; input.id = ""; input.before(box); box.append(typed);
  typed.value = input.value; if (typed.value) take();
  changed = null;
};

// A link: a combobox over a search on the server. The select stays and holds the value.
let boxes = 0;
const makeCombo = (root) => {
  const select = find("select", root);
  if (!root.dataset.url || select.hasAttribute("readonly")) return;
  const many = "many" in root.dataset;
  const name = "combo-" + (boxes += 1);
  const input = make("input", { class: "input", type: "text", role: "combobox", id: select.id, autocomplete: "off", "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": name, "aria-describedby": select.getAttribute("aria-describedby") ?? false, "aria-invalid": select.getAttribute("aria-invalid") ?? false });
  const list = make("div", { class: "combo-list", role: "listbox", id: name, hidden: true });
  const chosen = make("div", { class: "cluster cluster-tight" });
  select.id += "-value"; select.hidden = true; select.required = false; find("[data-plain]", root)?.remove();
  root.append(chosen, input, list);
  const current = () => [...select.selectedOptions].filter((option) => option.value);
  const draw = () => {
    if (!many) { input.value = current()[0]?.textContent.trim() ?? ""; return; }
    input.value = "";
    chosen.replaceChildren(...current().map((option) => {
      const remove = make("button", { type: "button", class: "button button-quiet button-small button-icon", "aria-label": root.dataset.remove.replace("{tag}", option.textContent) }, icon("x"));
      remove.addEventListener("click", () => { option.selected = false; draw(); });
      return make("span", { class: "tag" }, option.textContent, remove);
    }));
  };
  const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const choose = (item) => {
    let option = [...select.options].find((one) => one.value === item.dataset.value);
    if (!option) { option = new Option(item.dataset.title, item.dataset.value); select.append(option); }
    option.selected = true; select.dispatchEvent(new Event("change", { bubbles: true })); select.dispatchEvent(new Event("input", { bubbles: true }));
    draw(); close();
  };
  const mark = (item) => {
    for (const one of list.children) one.setAttribute("aria-selected", String(one === item));
    if (item) { input.setAttribute("aria-activedescendant", item.id); item.scrollIntoView({ block: "nearest" }); }
  };
  let last = 0;
  const search = async () => {
    const mine = (last += 1);
    const url = new URL(root.dataset.url, location.href); url.searchParams.set("q", input.value);
    const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || mine !== last || document.activeElement !== input) return;
    const { items } = await answer.json();
    list.replaceChildren(...items.map((item, at) => {
      const option = make("div", { role: "option", id: `${name}-${at}`, "data-value": item.id, "data-title": item.title, "aria-selected": "false" }, make("span", {}, item.title), make("small", {}, item.note ?? ""));
      option.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(option); });
      return option;
    }));
    if (!items.length) list.append(make("p", { role: "option", "aria-disabled": "true" }, input.value.trim().length === 1 ? root.dataset.short : root.dataset.none));
    list.hidden = false; input.setAttribute("aria-expanded", "true"); mark(items.length ? list.firstElementChild : null);
  };
  let timer;
  input.addEventListener("input", (event) => { event.stopPropagation(); clearTimeout(timer); if (!many && !input.value) { select.value = ""; } timer = setTimeout(search, 150); });
  input.addEventListener("focus", () => { if (!many) input.select(); });
  input.addEventListener("blur", () => { close(); draw(); });
  input.addEventListener("keydown", (event) => {
    const open = !list.hidden;
    const at = [...list.children].findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" && !open) { search(); event.preventDefault(); }
    else if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) { event.preventDefault(); mark(list.children[(at + (event.key === "ArrowDown" ? 1 : -1) + list.children.length) % list.children.length]); }
    else if (open && event.key === "Enter") { event.preventDefault(); if (list.children[at]?.dataset.value) choose(list.children[at]); }
    else if (open && event.key === "Escape") { event.stopPropagation(); close(); draw(); }
  });
  draw();
};

// "3 minutes ago" stays true while the page is open.
const lang = document.documentElement.lang;
const relative = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
const refreshTimes = () => {
  for (const time of all("time[data-relative]")) {
    const minutes = Math.round((new Date(time.dateTime) - Date.now()) / 60000);
    if (minutes > 0 || minutes <= -7 * 1440 || Math.abs(minutes) < 1) continue;
    const [value, unit] = minutes > -60 ? [minutes, "minute"] : minutes > -1440 ? [Math.round(minutes / 60), "hour"] : [Math.round(minutes / 1440), "day"];
    time.textContent = relative.format(value, unit);
  }
};
setInterval(refreshTimes, 60000);

// What is wider than its place says so: a shadow or a fade at the end that hides something.
const hintScroll = (box) => {
  const show = () => {
    const left = box.scrollWidth - box.clientWidth - box.scrollLeft;
    box.dataset.more = [box.scrollLeft > 2 && "start", left > 2 && "end"].filter(Boolean).join(" ");
  };
  const current = box.matches(".stages") && find("[aria-current]", box);
  if (current) box.scrollLeft = current.offsetLeft - box.offsetLeft - (box.clientWidth - current.offsetWidth) / 2;
  box.addEventListener("scroll", show, { passive: true });
  new ResizeObserver(show).observe(box);
  const added = all("th[data-added]", box).at(-1), menu = find("thead .menu-cell", box);
  if (added) box.scrollLeft = added.offsetLeft + added.offsetWidth - box.clientWidth + (menu?.offsetWidth ?? 0);
};

// A contact point is an address on lines, or one line of text: only what the chosen kind has is in sight.
const showKind = (kind) => {
  const address = kind.form && find("[data-field=address]", kind.form), value = kind.form && find("[data-field=value]", kind.form);
  if (!address || !value) return;
  const typed = find("input", value), hint = find(".hint", value);
  if (hint) hint.hidden = true;
  const show = () => { address.hidden = kind.value !== "postal"; value.hidden = kind.value === "postal" && !typed.value.trim(); };
  kind.addEventListener("change", show);
  show();
};

// Everything that must be done for what a page or a swap brings.
const enliven = (root) => {
  for (const input of all("input[data-tags]:not([type=hidden])", root)) makeTags(input);
  for (const box of all("[data-combo]", root)) if (!find("[role=combobox]", box)) makeCombo(box);
  for (const button of all("[data-show]", root)) button.hidden = false;
  for (const toast of all("[data-toast]", root)) goAway(toast);
  for (const box of all(".table-box:not([data-more]), .stages:not([data-more])", root)) hintScroll(box);
  for (const kind of all("select[name=kind]", root)) showKind(kind);
  find("[data-focus]", root)?.focus();
};
document.addEventListener("htmx:after:swap", (event) => enliven(event.detail?.ctx?.target ?? document));
enliven(document);
