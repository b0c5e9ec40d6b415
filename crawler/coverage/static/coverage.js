// The table of organs × years: search, filter, sort, pages of a hundred rows. Every text goes in as text, never as markup.
(function () {
  "use strict";
  var D = window.GONGKAI, PAGE = 100;
  var MISSING = { absent: 1, blocked: 1, unreachable: 1, incomplete: 1 }, DOUBT = { flagged: 1, partial: 1, held: 1 };
  var $ = function (id) { return document.getElementById(id); };
  var state = { q: "", place: "", sort: "place", from: 0, to: 0, marks: {}, page: 0 };
  var organs = D.organs.map(function (o, number) {
    var group = D.groups[o[1]], counts = {};
    o[3].forEach(function (y) { var m = D.marks[y[1]]; counts[m] = (counts[m] || 0) + 1; });
    var sum = function (kinds) { return Object.keys(kinds).reduce(function (n, k) { return n + (counts[k] || 0); }, 0); };
    return {
      number: number, name: o[0], group: o[1], portal: D.portals[o[2]], years: o[3],
      text: (group.join(" ") + " " + o[0] + " " + D.portals[o[2]].join(" ")).toLowerCase(),
      missing: sum(MISSING), doubtful: sum(DOUBT), read: (counts.found || 0) + (counts.revised || 0)
    };
  });
  function t(word) { return word[window.gongkaiLang()]; }
  function say(zh, en) { return window.gongkaiLang() === "zh" ? zh : en; }
  function many(n, noun) { return n.toLocaleString("en") + " " + noun + (n === 1 ? "" : "s"); }
  function make(tag, attributes, text) {
    var node = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) { node.setAttribute(name, attributes[name]); });
    if (text !== undefined) node.textContent = text;
    return node;
  }
  function inSpan(year) { return year >= state.from && year <= state.to; }
  function chosen() {
    var words = state.q.toLowerCase().split(/\s+/).filter(Boolean), marks = Object.keys(state.marks);
    var rows = organs.filter(function (o) {
      if (state.place && D.groups[o.group].slice(0, 2).join("\u203a").indexOf(state.place) !== 0) return false;
      if (!words.every(function (w) { return o.text.indexOf(w) >= 0; })) return false;
      return o.years.some(function (y) { return inSpan(y[0]) && (!marks.length || state.marks[D.marks[y[1]]]); });
    });
    var by = state.sort;
    if (by === "name") rows.sort(function (a, b) { return a.name.localeCompare(b.name, "zh-CN"); });
    else if (by !== "place") rows.sort(function (a, b) { return b[by] - a[by] || a.number - b.number; });
    return rows;
  }
  function cell(organ, y) {
    var mark = D.marks[y[1]], word = D.words[mark], td = make("td");
    var said = organ.name + " " + y[0] + ": " + t(word);
    var reason = y[3] >= 0 ? D.reasons[y[3]] : "", url = y[4] || "", report = y[2] >= 0 ? D.reports[y[2]] : null;
    var node = report && report[4] ? make("a", { href: "reports/" + report[0] + ".html" }) : make("span", { role: "img", tabindex: "-1" });
    node.className = "c s-" + mark + (Object.keys(state.marks).length && !state.marks[mark] ? " dim" : "");
    node.textContent = word.mark;
    node.setAttribute("aria-label", said);
    node.title = said;
    node.dataset.detail = said + (reason ? " \u2014 " + reason : "") + (url ? " \u2014 " + url : "");
    td.appendChild(node);
    return td;
  }
  function draw() {
    var rows = chosen(), years = D.years.filter(inSpan), last = Math.max(0, Math.ceil(rows.length / PAGE) - 1);
    state.page = Math.min(state.page, last);
    var part = state.all ? rows : rows.slice(state.page * PAGE, (state.page + 1) * PAGE);
    var table = make("table", { "class": "heat" }), caption = make("caption", { "class": "sr" }, say("机关与年度的状态", "States of organs and years"));
    var head = make("thead"), top = make("tr"), body = null, shown = -1;
    table.appendChild(caption);
    top.appendChild(make("th", { scope: "col" }, say("机关", "Organ")));
    years.forEach(function (year) {
      var th = make("th", { scope: "col" });
      th.appendChild(make("span", { "class": "century" }, String(year).slice(0, 2)));
      th.appendChild(document.createTextNode(String(year).slice(2)));
      top.appendChild(th);
    });
    head.appendChild(top); table.appendChild(head);
    part.forEach(function (organ) {
      if (!body || (state.sort === "place" && organ.group !== shown)) {
        body = make("tbody"); table.appendChild(body);
        shown = organ.group;
        if (state.sort === "place") {
          var row = make("tr", { "class": "group" });
          var name = make("th", { scope: "rowgroup", colspan: years.length + 1 });
          name.appendChild(make("span", {}, D.groups[organ.group].join(" \u203a ") || say("地区不明", "place not known")));
          row.appendChild(name); body.appendChild(row);
        }
      }
      var tr = make("tr"), th = make("th", { scope: "row" }, organ.name);
      if (state.sort !== "place") th.appendChild(make("small", {}, D.groups[organ.group].join(" \u203a ")));
      tr.appendChild(th);
      var at = {};
      organ.years.forEach(function (y) { at[y[0]] = y; });
      years.forEach(function (year) {
        tr.appendChild(at[year] ? cell(organ, at[year]) : make("td", { "class": "none" }));
      });
      body.appendChild(tr);
    });
    $("heat").replaceChildren(table);
    var cells = 0;
    rows.forEach(function (o) { o.years.forEach(function (y) { if (inSpan(y[0])) cells++; }); });
    $("count").textContent = say("共 " + rows.length + " 个机关，" + cells + " 个机关年度", many(rows.length, "organ") + ", " + many(cells, "organ-year"));
    pager(rows.length, last);
  }
  function pager(count, last) {
    var box = $("pager");
    box.replaceChildren();
    if (count <= PAGE) return;
    var add = function (label, page, off) {
      var button = make("button", { type: "button" }, label);
      button.disabled = off;
      button.addEventListener("click", function () { state.all = page < 0; state.page = Math.max(0, page); draw(); $("heat").scrollIntoView({ block: "nearest" }); });
      box.appendChild(button);
    };
    if (state.all) { add(say("分页显示", "in pages"), 0, false); return; }
    add("\u2039 " + say("上一页", "previous"), state.page - 1, state.page === 0);
    box.appendChild(make("span", {}, (state.page + 1) + " / " + (last + 1)));
    add(say("下一页", "next") + " \u203a", state.page + 1, state.page === last);
    add(say("全部显示", "show all"), -1, false);
  }
  function change(name, value) { state[name] = value; state.page = 0; draw(); }
  function fill() {
    var seen = {}, list = [];
    D.groups.forEach(function (g) { [g.slice(0, 1), g.slice(0, 2)].forEach(function (p) { var k = p.join("\u203a"); if (k && !seen[k]) { seen[k] = 1; list.push([k, p]); } }); });
    list.sort(function (a, b) { return a[0] < b[0] ? -1 : 1; });
    list.forEach(function (p) { $("place").appendChild(make("option", { value: p[0] }, (p[1].length > 1 ? "\u3000" : "") + p[1][p[1].length - 1])); });
    D.years.forEach(function (year) { $("from").appendChild(make("option", {}, year)); $("to").appendChild(make("option", {}, year)); });
    state.from = D.years[0] || 0; state.to = D.years[D.years.length - 1] || 0;
    $("from").value = state.from; $("to").value = state.to;
    $("from").setAttribute("aria-label", "from 自"); $("to").setAttribute("aria-label", "to 至");
  }
  var waiting = 0;
  fill();
  $("controls").addEventListener("submit", function (e) { e.preventDefault(); });
  $("q").addEventListener("input", function () { clearTimeout(waiting); var v = this.value; waiting = setTimeout(function () { change("q", v); }, 60); });
  $("place").addEventListener("change", function () { change("place", this.value); });
  $("sort").addEventListener("change", function () { change("sort", this.value); });
  $("from").addEventListener("change", function () { change("from", +this.value); });
  $("to").addEventListener("change", function () { change("to", +this.value); });
  $("chips").addEventListener("click", function (e) {
    var chip = e.target.closest(".chip");
    if (!chip) return;
    var mark = chip.dataset.state;
    if (state.marks[mark]) delete state.marks[mark]; else state.marks[mark] = 1;
    chip.setAttribute("aria-pressed", state.marks[mark] ? "true" : "false");
    change("page", 0);
  });
  function tell(e) { var c = e.target.closest && e.target.closest(".c"); $("detail").textContent = c ? c.dataset.detail : $("detail").textContent; }
  $("heat").addEventListener("focusin", tell);
  $("heat").addEventListener("mouseover", tell);
  $("heat").addEventListener("click", tell);
  // Arrow keys go from cell to cell, past years without one.
  $("heat").addEventListener("keydown", function (e) {
    var steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }, step = steps[e.key];
    var here = document.activeElement && document.activeElement.closest(".c");
    if (!step || e.altKey || e.ctrlKey || e.metaKey) return;
    if (!here) { var first = this.querySelector(".c"); if (first && e.key === "ArrowDown") { first.focus(); e.preventDefault(); } return; }
    var rows = [].filter.call(this.querySelectorAll("tr"), function (r) { return r.querySelector(".c"); });
    var td = here.parentNode, row = rows.indexOf(td.parentNode), col = td.cellIndex, next = null;
    while (!next) {
      row += step[1]; col += step[0];
      if (!rows[row] || col < 1 || !rows[row].cells[col]) break;
      next = rows[row].cells[col].querySelector(".c");
    }
    if (next) next.focus();
    e.preventDefault();
  });
  document.addEventListener("gongkai-lang", draw);
  if (document.readyState !== "loading") draw();
})();
