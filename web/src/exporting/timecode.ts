/** "0:08.44", "1:02:05.00": minutes, seconds and hundredths, with hours if there are any. */
export function timecode(seconds: number): string {
  const hundredths = Math.round(seconds * 100);
  const [minutes, rest] = [Math.floor(hundredths / 6000), hundredths % 6000];
  const two = (value: number) => String(value).padStart(2, "0");
  const tail = `${two(Math.floor(rest / 100))}.${two(rest % 100)}`;
  if (minutes < 60) return `${minutes}:${tail}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${tail}`;
}
