// When a cue is seen on this page: installed before the page's own scripts. `cueProbe.seen` has for
// each cue when the page was changed and when it was next drawn, both by the machine's one clock, in
// ms. There is no camera: what six of them cost one machine is not what is measured.
(() => {
  if (globalThis.cueProbe || globalThis.top !== globalThis) return;
  const seen = {};
  globalThis.cueProbe = { seen };
  const look = () => {
    const cue = document.querySelector(".cue")?.dataset.cue;
    if (!cue || seen[cue]) return;
    const one = (seen[cue] = { changed: Date.now(), drawn: null });
    requestAnimationFrame(() => { one.drawn = Date.now(); });
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-cue"] });
  if (!navigator.mediaDevices) return;
  const native = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (wishes) => {
    if (wishes.video) return Promise.reject(new DOMException("no camera here", "NotFoundError"));
    return native(wishes);
  };
})();
