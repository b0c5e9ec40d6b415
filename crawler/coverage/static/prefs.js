// Language and theme, kept where the browser allows it. Loaded in the head, so that nothing flashes.
(function () {
  "use strict";
  var kept = {};
  function read(name) { try { return localStorage.getItem("gongkai-" + name); } catch (e) { return kept[name]; } }
  function keep(name, value) { kept[name] = value; try { localStorage.setItem("gongkai-" + name, value); } catch (e) { /* private window */ } }
  var root = document.documentElement;
  var dark = window.matchMedia ? matchMedia("(prefers-color-scheme: dark)") : { matches: false };
  function lang() { var l = read("lang"); return l === "zh" || l === "en" ? l : /^zh/i.test(navigator.language || "") ? "zh" : "en"; }
  function theme() { var t = read("theme"); return t === "dark" || t === "light" ? t : dark.matches ? "dark" : "light"; }
  function apply() {
    var l = lang();
    root.setAttribute("data-lang", l);
    root.lang = l === "zh" ? "zh-CN" : "en";
    root.setAttribute("data-theme", theme());
    // Attributes cannot hold two languages: what they say is set from data-zh and data-en.
    document.querySelectorAll("[data-zh][data-en]").forEach(function (node) {
      if (node.classList.contains("fig")) return;
      var said = node.getAttribute("data-" + l);
      if (node.tagName === "INPUT") node.placeholder = said;
      else if (node.tagName === "OPTION") node.textContent = said;
      else node.setAttribute("aria-label", said);
    });
    document.dispatchEvent(new CustomEvent("gongkai-lang", { detail: l }));
  }
  root.setAttribute("data-lang", lang());
  root.setAttribute("data-theme", theme());
  window.gongkaiLang = lang;
  if (dark.addEventListener) dark.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", function () {
    apply();
    document.getElementById("lang").addEventListener("click", function () { keep("lang", lang() === "zh" ? "en" : "zh"); apply(); });
    document.getElementById("theme").addEventListener("click", function () { keep("theme", theme() === "dark" ? "light" : "dark"); apply(); });
  });
})();
