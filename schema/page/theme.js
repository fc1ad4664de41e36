// Runs before the first paint, so that a chosen theme does not flash; without a choice the system's theme holds.
(() => {
  const key = "korpu.theme";
  const read = () => { try { return localStorage.getItem(key); } catch { return null; } };
  const chosen = read();
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").addEventListener("click", () => {
      const now = document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
      const next = now === "dark" ? "light" : "dark";
      document.documentElement.dataset.theme = next;
      try { localStorage.setItem(key, next); } catch { /* the choice then lasts until the page is left */ }
    });
  });
})();
