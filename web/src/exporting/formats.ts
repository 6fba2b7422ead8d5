export const FORMATS = [
  { name: "srt", label: "SRT", about: "SubRip: what nearly every player and site takes" },
  { name: "vtt", label: "WebVTT", about: "for videos on web pages" },
  { name: "ass", label: "ASS", about: "Advanced SubStation Alpha, with its place and style" },
  { name: "txt", label: "Text", about: "the texts alone" },
  { name: "json", label: "JSON", about: "everything, with confidence and flags, for programs" },
] as const;

export type Format = (typeof FORMATS)[number]["name"];

/** The title without the ending of a video file, and with that of the format. */
export function fileName(title: string, format: Format): string {
  const stem = title.replace(/\.[A-Za-z0-9]{2,4}$/, "").replace(/[/\\:*?"<>|]/g, "_");
  return `${stem === "" ? "subtitles" : stem}.${format}`;
}
