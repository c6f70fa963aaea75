(() => {
  "use strict";
  const heat = document.getElementById("heat");
  if (heat) {
    for (const button of heat.querySelectorAll("[data-choose]")) {
      button.addEventListener("click", () => {
        heat.dataset.cell = button.dataset.choose;
        for (const other of heat.querySelectorAll("[data-choose]")) {
          other.setAttribute("aria-pressed", String(other === button));
        }
      });
    }
  }
  const worth = (cell) => {
    if ("v" in cell.dataset) {
      const number = Number(cell.dataset.v);
      return Number.isNaN(number) ? cell.dataset.v : number;
    }
    return null;
  };
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
  for (const table of document.querySelectorAll("table.sorts")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      head.querySelector("button").addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") === "descending";
        const rows = [...table.tBodies[0].rows];
        rows.sort((one, other) => {
          const a = worth(one.cells[column]), b = worth(other.cells[column]);
          if (a === null || b === null) return (a === null) - (b === null);
          return up ? compare(a, b) : compare(b, a);
        });
        table.tBodies[0].append(...rows);
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
      });
    });
  }
  const light = (event, on) => {
    const row = event.target.closest ? event.target.closest("tr[data-run]") : null;
    if (!row) return;
    for (const line of document.querySelectorAll("polyline.on")) line.remove();
    if (!on) return;
    for (const line of document.querySelectorAll(`polyline[data-run="${row.dataset.run}"]`)) {
      const copy = line.cloneNode();
      copy.classList.add("on");
      line.parentNode.append(copy);
    }
  };
  document.addEventListener("mouseover", (event) => light(event, true));
  document.addEventListener("mouseout", (event) => light(event, false));
  document.addEventListener("focusin", (event) => light(event, true));
  document.addEventListener("focusout", (event) => light(event, false));
})();
