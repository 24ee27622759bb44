/** Lengths and areas of geopoints on a sphere (radius 6,378,100 m, as ODK uses); the twin of `forms/geometry.py`. */
import { words } from './values'

const RADIUS_M = 6_378_100

type Point = readonly [lat: number, lon: number]

/** The points of geopoints, traces and shapes; null if any is not one. */
function points(texts: string[]): Point[] | null {
  const found: Point[] = []
  for (const piece of texts.filter(text => text !== '').join(';').split(';')) {
    const parts = words(piece)
    if (parts.length === 0) continue
    if (parts.length < 2 || !parts.slice(0, 4).every(part => /^-?[0-9]+(\.[0-9]+)?$/.test(part))) return null
    const [lat, lon] = [Number(parts[0]), Number(parts[1])]
    if (Math.abs(lat) > 90 || Math.abs(lon) > 180) return null
    found.push([lat, lon])
  }
  return found
}

/** Metres along the points; NaN if there are fewer than two. */
export function distanceM(texts: string[]): number {
  const path = points(texts)
  if (path === null || path.length < 2) return NaN
  let total = 0
  for (let index = 1; index < path.length; index++) total += legM(path[index - 1]!, path[index]!)
  return Math.floor(total * 100 + 0.5) / 100
}

function legM(one: Point, two: Point): number {
  const [lat1, lon1, lat2, lon2] = [...one, ...two].map(radians) as [number, number, number, number]
  const arc = Math.sin((lat2 - lat1) / 2) ** 2 + Math.cos(lat1) * Math.cos(lat2) * Math.sin((lon2 - lon1) / 2) ** 2
  return 2 * RADIUS_M * Math.asin(Math.min(1, Math.sqrt(arc)))
}

/** Square metres inside the ring of points; NaN if there are fewer than three. */
export function areaM2(texts: string[]): number {
  const ring = points(texts)
  if (ring === null || ring.length < 3) return NaN
  let total = 0
  ring.forEach(([lat, lon], index) => {
    const [lat2, lon2] = ring[(index + 1) % ring.length]!
    total += radians(lon2 - lon) * (2 + Math.sin(radians(lat)) + Math.sin(radians(lat2)))
  })
  return Math.floor(Math.abs((total * RADIUS_M * RADIUS_M) / 2) * 100 + 0.5) / 100
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180
}
