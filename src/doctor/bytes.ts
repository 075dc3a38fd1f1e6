/** "1.5 GiB" */
export function formatBytes(count: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let left = count;
  for (; left >= 1_024 && unit < units.length - 1; unit++) left /= 1_024;
  return `${unit === 0 ? left : left.toFixed(1)} ${units[unit]}`;
}
