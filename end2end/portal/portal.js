// The portal's own script: where the frame gets another token, and what people are told meanwhile.
const embed = document.querySelector("entrain-embed");
const state = document.querySelector("#state");

embed.renew = async () => {
  const answer = await fetch("/token", { method: "POST" });
  if (!answer.ok) throw new Error(`the portal gave no token: ${answer.status}`);
  return answer.text();
};

embed.addEventListener("entrain-session-expired", () => {
  state.textContent = "The session with Entrain was over and is opened again.";
});
