/** Describes a duration in words. */

export const describeSeconds = (seconds: number): string => {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  if (h > 0) return `${h} h ${m} min`
  if (m >= 10 || (m > 0 && s < 1)) return `${m} min`
  return m > 0 ? `${m} min ${Math.floor(s)} s` : `${Math.ceil(s)} s`
}
