// A ticket that is printed again: the browser's own dialog opens at once.

const leave = document.querySelector(".slip a.button");
document.querySelector("[data-print]").addEventListener("click", () => print());
document.addEventListener("keydown", (e) => { if (e.key === "Escape") location.assign(leave.href); });
document.querySelector("[data-print]").focus();
