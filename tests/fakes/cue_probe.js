// When a cue is seen on this page: installed before the page's own scripts. `cueProbe.seen` has for
// each cue, by the machine's one clock in ms, the frame that first shows it uncovered (`drawn`), when
// that frame's turn came on the page's own thread (`turn`), and when the page noted it (`fired`). There
// is no camera: what six of them cost one machine is not what is measured.
(() => {
  if (globalThis.cueProbe || globalThis.top !== globalThis) return;
  const seen = {};
  globalThis.cueProbe = { seen };
  const SOON = 400;
  const look = () => {
    for (const cover of document.querySelectorAll(".cue-cover")) {
      const cue = cover.dataset.cue;
      if (!seen[cue]) watch(cover, (seen[cue] = { drawn: null, turn: null, fired: null }));
      if (!seen[cue].fired && !cover.ariaHidden) seen[cue].fired = Date.now();
    }
  };
  const watch = (cover, one) => {
    const starts = cover.getAnimations()[0]?.startTime ?? 0;
    const wait = starts - performance.now() - SOON;
    if (wait > SOON) return setTimeout(() => watch(cover, one), wait / 2);
    const frame = (at) => {
      if (!cover.isConnected) return;
      if (getComputedStyle(cover).opacity < 0.5) return requestAnimationFrame(frame);
      [one.drawn, one.turn] = [performance.timeOrigin + at, Date.now()];
    };
    requestAnimationFrame(frame);
  };
  new MutationObserver(look).observe(document, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["data-cue", "aria-hidden"],
  });
  if (!navigator.mediaDevices) return;
  const native = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (wishes) => {
    if (wishes.video) return Promise.reject(new DOMException("no camera here", "NotFoundError"));
    return native(wishes);
  };
})();
