// Opens "why" and "what replaces the saving" where the status chosen wants them. Without
// this they are opened by hand, or by the error that asks for them.
const IN_DOUBT = ["at_risk", "not_achievable"];

for (const forecast of document.querySelectorAll("[data-forecast]")) {
  const details = forecast.querySelector("details");
  forecast.querySelector("select").addEventListener("change", (event) => {
    if (IN_DOUBT.includes(event.target.value)) details.open = true;
  });
}
