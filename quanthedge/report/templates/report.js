(async () => {
  "use strict";
  const text = (id) => document.getElementById(id).textContent.trim();
  const unpack = (id) => {
    const bytes = Uint8Array.from(atob(text(id)), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  };
  const messages = JSON.parse(text("messages"));
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
  let figures;
  try {
    figures = JSON.parse(await unpack("figures"));
    const script = document.createElement("script");
    script.textContent = await unpack("library");
    document.head.append(script);
  } catch (error) {
    console.error(error);
    give_up(messages.old_browser);
    return;
  }
  // letters are measured while a figure is drawn, so the page's own typeface must be there before
  await Promise.allSettled(["400", "700"].map((w) => document.fonts.load(`${w} 12px "QuantHedge Sans"`)));
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
        layout.xaxis.range = [low - 0.26 * (high - low), high + 0.46 * (high - low)];
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
