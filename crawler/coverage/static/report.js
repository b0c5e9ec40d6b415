// A number that is clicked: its link already shows the spot in the frame; here it is said in words, and marked.
(function () {
  "use strict";
  var picked = document.getElementById("picked"), current = null, zh = function () { return window.gongkaiLang() === "zh"; };
  var KINDS = {
    number: ["数字", "number"], blank: ["空白", "blank"], dash: ["划线", "dash"], text: ["文字", "words"],
    missing: ["页面没有此格", "not on the page"], lost: ["已损坏", "lost"], ambiguous: ["不能确定", "ambiguous"]
  };
  function tell() {
    if (!current) return;
    var d = current.dataset, l = zh() ? 0 : 1, parts = [zh() ? d.zh : d.en];
    parts.push((KINDS[d.kind] || [d.kind, d.kind])[l] + (d.raw ? " \u201c" + d.raw.trim().slice(0, 80) + "\u201d" : ""));
    if (d.derived !== undefined) parts.push((zh() ? "由勾稽关系推得 " : "proven by sums: ") + d.derived);
    if (d.note) parts.push(d.note);
    var place = zh() ? d.placeZh : d.placeEn;
    if (place) parts.push(place);
    picked.textContent = parts.join(" \u00b7 ");
  }
  function choose(node) {
    if (current) current.removeAttribute("aria-current");
    current = node;
    node.setAttribute("aria-current", "true");
    document.body.classList.add("pane-open");
    tell();
  }
  document.addEventListener("click", function (e) {
    var fig = e.target.closest(".fig");
    if (fig) choose(fig);
  });
  document.getElementById("close").addEventListener("click", function () { document.body.classList.remove("pane-open"); if (current) current.focus(); });
  document.addEventListener("keydown", function (e) {
    if (e.key === "Escape") document.body.classList.remove("pane-open");
    var here = document.activeElement, td = here && here.classList.contains("fig") && here.closest("td");
    var steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }, step = steps[e.key];
    if (!td || !step || e.altKey || e.ctrlKey || e.metaKey) return;
    var next = null;
    if (step[0]) {
      var side = td;
      do { side = step[0] > 0 ? side.nextElementSibling : side.previousElementSibling; } while (side && !side.querySelector(".fig"));
      next = side;
    } else {
      // Rows have differing numbers of label cells; figures are counted from the right.
      var row = td.parentNode, fromRight = row.cells.length - td.cellIndex;
      do { row = step[1] > 0 ? row.nextElementSibling : row.previousElementSibling; } while (row && !row.querySelector(".fig"));
      next = row && row.cells[row.cells.length - fromRight];
    }
    var fig = next && next.querySelector(".fig");
    if (fig) fig.focus();
    e.preventDefault();
  });
  document.addEventListener("gongkai-lang", tell);
})();
