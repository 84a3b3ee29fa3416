// SPDX-License-Identifier: Apache-2.0
// Passkeys. A form marked data-passkey ("get" or "create") is shown where the browser can, asks the server what to sign,
// lets the browser make or sign, and is then sent like any other form.
const can = typeof window.PublicKeyCredential?.parseRequestOptionsFromJSON === "function";
const token = document.querySelector("meta[name=csrf-token]")?.content ?? "";

const ask = async (form) => {
  const answer = await fetch(form.dataset.options, { method: "POST", headers: { "X-CSRFToken": token, Accept: "application/json" } });
  if (answer.redirected) { location.assign(answer.url); return null; }
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const { ticket, publicKey } = await answer.json();
  const credential = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
  return { ticket, answer: JSON.stringify(credential) };
};

const enliven = (form) => {
  const problem = form.querySelector("[data-problem]");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    try {
      const given = await ask(form);
      if (!given) return;
      form.elements.ticket.value = given.ticket;
      form.elements.answer.value = given.answer;
      form.submit();
    } catch {
      // Cancelled, no passkey for this site, or the server said no: the person chooses what to do next.
      problem.hidden = false;
    }
  });
};

if (can) {
  document.querySelectorAll("form[data-passkey]").forEach(enliven);
  document.querySelectorAll("[data-with-passkeys]").forEach((one) => { one.hidden = false; });
} else {
  document.querySelectorAll("[data-without-passkeys]").forEach((one) => { one.hidden = false; });
}
