// SPDX-License-Identifier: Apache-2.0
// Fields that do not apply are out of sight; without this script all are shown, and the server drops what does not apply.
const apply = (form, hidden) => {
  for (const field of form.querySelectorAll("[data-applies]")) {
    field.hidden = hidden.has(field.dataset.field) && !field.querySelector("[aria-invalid]");
  }
};
for (const hint of document.querySelectorAll("[data-without-script]")) hint.hidden = true;
for (const form of document.querySelectorAll("form[data-conditions]")) {
  apply(form, new Set([...form.querySelectorAll("[data-applies=no]")].map((field) => field.dataset.field)));
  const watched = new Set(form.dataset.watched.split(" "));
  let last = 0;
  form.addEventListener("change", async (event) => {
    if (!watched.has((event.target.name ?? "").split("__")[0])) return;
    const mine = (last += 1);
    const sent = new FormData(form);
    for (const [name, value] of [...sent]) if (value instanceof File) sent.delete(name);
    const answer = await fetch(form.dataset.conditions, { method: "POST", body: sent, headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok && mine === last) apply(form, new Set((await answer.json()).hidden));
  });
}
// In the filter form the second value belongs to "between" alone, and some conditions have no value.
for (const operator of document.querySelectorAll("[data-filter-operator]")) {
  const form = operator.form;
  const show = () => {
    const value = form.querySelector("[data-filter-value]"), until = form.querySelector("[data-filter-until]");
    if (value) value.hidden = ["empty", "filled"].includes(operator.value);
    if (until) until.hidden = operator.value !== "between";
  };
  operator.addEventListener("change", show);
  show();
}
