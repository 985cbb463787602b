"use strict";
/* Sorting, filtering, and a target's values in the steps. The page reads as well without. */
(function () {
  var table = document.getElementById("rows"), box = document.getElementById("filter");
  var body = table.tBodies[0], rows = Array.prototype.slice.call(body.rows);
  var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
  var order = new Intl.Collator("en", {numeric: true, sensitivity: "base"});

  function text(row, column) { return row.cells[column].textContent; }

  function sort(column, down) {
    rows.sort(function (a, b) {
      var x = text(a, column), y = text(b, column);
      if (!x || !y) return (x ? 0 : 1) - (y ? 0 : 1);
      return (down ? -1 : 1) * order.compare(x, y);
    });
    var all = document.createDocumentFragment();
    rows.forEach(function (row) { all.appendChild(row); });
    body.appendChild(all);
  }

  table.classList.add("sorting");
  heads.forEach(function (head, column) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.textContent = "";
    head.appendChild(button);
    button.addEventListener("click", function () {
      var down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      sort(column, down);
    });
  });

  var label = document.createElement("label"), field = document.createElement("input");
  var states = document.createElement("select"), stateLabel = document.createElement("label");
  var count = document.createElement("span"), seen = {};
  label.textContent = "Find ";
  field.type = "search";
  label.appendChild(field);
  stateLabel.textContent = "State ";
  states.appendChild(new Option("any", ""));
  rows.forEach(function (row) {
    var state = text(row, heads.length - 1).trim();
    if (!seen[state]) { seen[state] = true; states.appendChild(new Option(state, state)); }
  });
  stateLabel.appendChild(states);
  count.setAttribute("role", "status");
  [label, stateLabel, count].forEach(function (part) { box.appendChild(part); });
  box.hidden = false;

  function filter() {
    var words = field.value.toLowerCase().split(/\s+/).filter(Boolean), shown = 0;
    rows.forEach(function (row) {
      var all = row.textContent.toLowerCase();
      var fits = words.every(function (word) { return all.indexOf(word) >= 0; }) &&
        (!states.value || text(row, heads.length - 1).trim() === states.value);
      row.hidden = !fits;
      row.style.display = fits ? "" : "none";
      shown += fits ? 1 : 0;
    });
    count.textContent = shown + " of " + rows.length;
  }
  field.addEventListener("input", filter);
  states.addEventListener("change", filter);
  filter();

  /* "#t17" lies inside a closed <details>. */
  function reveal() {
    var at = /^#t\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (!at) return;
    at.parentNode.open = true;
    at.parentNode.scrollIntoView();
  }
  window.addEventListener("hashchange", reveal);
  reveal();

  function fill(target) {
    var list = document.getElementById("step-list").cloneNode(true);
    list.removeAttribute("id");
    list.querySelectorAll("var[data-p]").forEach(function (mark) {
      target.querySelectorAll("dd[data-p]").forEach(function (value) {
        if (value.getAttribute("data-p") === mark.getAttribute("data-p")) mark.textContent = value.textContent;
      });
    });
    target.appendChild(list);
  }
  document.querySelectorAll("details.t").forEach(function (target) {
    target.addEventListener("toggle", function () {
      if (!target.open || target.querySelector(".fill")) return;
      var button = document.createElement("button");
      button.type = "button";
      button.className = "fill";
      button.textContent = "Show the steps with its values";
      button.addEventListener("click", function () { button.disabled = true; fill(target); });
      target.appendChild(button);
    });
  });
})();
