// Reports by finding, fifty at a time.
(function () {
  "use strict";
  var D = window.GONGKAI, STEP = 50, q = "";
  function say(zh, en) { return window.gongkaiLang() === "zh" ? zh : en; }
  var by = {};
  D.reports.forEach(function (r) { r[5].forEach(function (f) { var c = D.checks[f[0]]; (by[c] = by[c] || []).push([r, f[1]]); }); });
  function list(section, count) {
    var all = (by[section.dataset.check] || []).filter(function (p) {
      return !q || (p[0][1] + " " + (p[0][2] || "")).toLowerCase().indexOf(q) >= 0;
    });
    var ul = section.querySelector(".list");
    ul.replaceChildren();
    all.slice(0, count).forEach(function (p) {
      var li = document.createElement("li"), r = p[0], node = document.createElement(r[4] ? "a" : "span");
      if (r[4]) node.href = "reports/" + r[0] + ".html";
      node.textContent = r[1];
      li.appendChild(node);
      if (p[1] > 1) li.appendChild(document.createTextNode(" \u00d7 " + p[1]));
      ul.appendChild(li);
    });
    if (all.length > count) {
      var li = document.createElement("li"), more = document.createElement("button");
      more.type = "button";
      more.textContent = say("再显示 " + STEP + " 份（共 " + all.length + " 份）", STEP + " more of " + all.length);
      more.addEventListener("click", function () { list(section, count + STEP); });
      li.appendChild(more); ul.appendChild(li);
    }
    section.hidden = q && !all.length;
    return all.length;
  }
  function draw() {
    var n = 0;
    document.querySelectorAll("section[data-check]").forEach(function (s) { n += list(s, STEP); });
    document.getElementById("count").textContent = say("共 " + n + " 条", n + (n === 1 ? " entry" : " entries"));
  }
  document.getElementById("controls").addEventListener("submit", function (e) { e.preventDefault(); });
  document.getElementById("q").addEventListener("input", function () { q = this.value.toLowerCase().trim(); draw(); });
  document.addEventListener("gongkai-lang", draw);
  if (document.readyState !== "loading") draw();
})();
