/** A parsed JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** The body of a document: a JSON object without members whose name begins with an underscore. */
export type Body = { [key: string]: Json }

/** Whether a value is a JSON object (not null, not a list). */
export function isObject(value: unknown): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The same value with every string made well-formed Unicode: one lone surrogate makes a CouchDB refuse a batch. */
export function wellFormed(value: Json): Json {
  if (typeof value === 'string') return wellFormedText(value)
  if (Array.isArray(value)) return value.map(wellFormed)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [wellFormedText(key), wellFormed(inner)]))
}

/** `text` with every lone surrogate replaced by U+FFFD (`String.prototype.toWellFormed`, absent before Chrome 111). */
export function wellFormedText(text: string): string {
  return text.replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]|[\uD800-\uDFFF]/g, pair => (pair.length === 2 ? pair : '\uFFFD'))
}
