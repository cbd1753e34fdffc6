// SPDX-License-Identifier: GPL-3.0-or-later
// A document on the screen of a desk: fetched when it is shown, let go of when it is not.
import { fetchBlob } from "./api.js";
import { t } from "./i18n.js";
import { html, useEffect, useState } from "./ui.js";

/** @param {{path: string}} props */
export function Shown({ path }) {
  const [url, setUrl] = useState("");
  useEffect(() => {
    let made = "";
    let gone = false;
    void fetchBlob(path).then((blob) => {
      if (!gone) setUrl(made = URL.createObjectURL(blob));
    }, () => undefined);
    return () => { gone = true; URL.revokeObjectURL(made); };
  }, [path]);
  return url ? html`<img class="desk-paper" src=${url} alt=${t("desk.document")} />` : null;
}
