// Proof of work for the sign-up form: finds a number for which SHA-256 of "stamp:address:number" begins with as many zero bits
// as the form asks for. It begins when the address has been typed, so that it is done when the rest is. Without this script, or
// without WebCrypto, the form is sent as it is and takes part in a tighter limit.

const form = document.querySelector("form[data-proof-bits]");
const proof = form.elements.proof;
const bits = Number(form.dataset.proofBits);
const waits = form.querySelector("[data-proof-waits]");
const AT_ONCE = 256;

let worked = { address: "", done: Promise.resolve() };

function zeroBits(buffer) {
  let count = 0;
  for (const byte of new Uint8Array(buffer)) {
    if (byte !== 0) return count + Math.clz32(byte) - 24;
    count += 8;
  }
  return count;
}

async function solve(address) {
  const encoder = new TextEncoder();
  for (let first = 0; worked.address === address; first += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, index) => first + index);
    const digests = await Promise.all(
      numbers.map((number) => crypto.subtle.digest("SHA-256", encoder.encode(`${form.elements.stamp.value}:${address}:${number}`))),
    );
    const found = digests.findIndex((digest) => zeroBits(digest) >= bits);
    if (found >= 0 && worked.address === address) {
      proof.value = String(first + found);
      return;
    }
  }
}

function begin() {
  const address = form.elements.address.value.trim();
  if (address !== worked.address) {
    proof.value = "";
    worked = { address, done: Promise.resolve() };
    if (address !== "") worked.done = solve(address);
  }
  return worked.done;
}

if (globalThis.crypto?.subtle) {
  begin();
  form.elements.address.addEventListener("change", begin);
  form.addEventListener("submit", (event) => {
    const working = begin();
    if (proof.value !== "" || worked.address === "") return;
    event.preventDefault();
    waits.hidden = false;
    working.catch(() => {}).then(() => form.submit());
  });
}
