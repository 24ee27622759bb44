const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** A ULID of this instant (ms since 1970) and 16 random bytes: 26 upper-case Crockford characters. */
export function ulid(now: number, random: Uint8Array): string {
  let time = ''
  for (let rest = now, digit = 0; digit < 10; digit += 1, rest = Math.floor(rest / 32)) {
    time = CROCKFORD.charAt(rest % 32) + time
  }
  return time + Array.from(random.slice(0, 16), byte => CROCKFORD.charAt(byte % 32)).join('')
}

/** A device name of 10 random bytes: `dev-` and 10 lower-case base32 characters. */
export function deviceName(random: Uint8Array): string {
  return `dev-${Array.from(random.slice(0, 10), byte => BASE32.charAt(byte % 32)).join('')}`
}
