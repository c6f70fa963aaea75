(async () => {
  "use strict";
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const messages = read("messages");
  const places = [...document.querySelectorAll("[data-figure]")];
  const give_up = (message) => {
    const note = document.getElementById("figure-trouble");
    note.textContent = message;
    note.hidden = false;
    for (const place of places) {
      place.style.height = "auto";
      place.textContent = message;
      place.classList.add("remark");
    }
  };
  if (!("DecompressionStream" in window)) {
    give_up(messages.old_browser);
    return;
  }
  try {
    const packed = atob(document.getElementById("library").textContent.trim());
    const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  } catch (error) {
    console.error(error);
    give_up(messages.old_browser);
    return;
  }
  const figures = read("figures");
  const narrow = window.matchMedia("(max-width: 640px)");
  const touch = window.matchMedia("(pointer: coarse)").matches;
  const config = { displayModeBar: false, showTips: false, displaylogo: false };
  const drawn = [];
  const fit = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (drawn.includes(target)) window.Plotly.Plots.resize(target);
    }
  });
  for (const place of places) {
    const { data, layout } = figures[place.dataset.figure];
    if (touch) layout.dragmode = false;
    if (narrow.matches) {
      layout.font.size = 11;
      for (const axis of [layout.xaxis, layout.yaxis]) {
        if ("nticks" in axis || axis.tickformat) axis.nticks = 5;
      }
      layout.margin.r = 6;
      if (data[0].type === "waterfall") {
        const [low, high] = layout.xaxis.range;
        layout.xaxis.range = [low - 0.16 * (high - low), high + 0.18 * (high - low)];
      }
    }
    try {
      await window.Plotly.newPlot(place, data, layout, config);
      drawn.push(place);
      fit.observe(place);
    } catch (error) {
      console.error(error);
      place.textContent = messages.broken_figure;
      place.classList.add("remark");
    }
  }
  document.documentElement.dataset.figuresDrawn = String(drawn.length);
  window.addEventListener("beforeprint", () => {
    for (const place of drawn) window.Plotly.relayout(place, { width: 680, autosize: false });
  });
  window.addEventListener("afterprint", () => {
    for (const place of drawn) window.Plotly.relayout(place, { width: null, autosize: true });
  });
})();
