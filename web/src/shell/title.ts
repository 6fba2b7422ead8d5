import { useEffect } from "react";

/** The document's title, which screen readers say when a page opens. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · CaptionA.cc`;
  }, [title]);
}
