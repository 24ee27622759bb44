import { describe, expect, it } from 'vitest'
import { missing } from '../src/sync/photos'
import { GRID, testPhone, type TestPhone } from './phone'

const CHUNK = 256 * 1024

function photo(bytes: number): Blob {
  return new Blob([Uint8Array.from({ length: bytes }, (_, n) => n % 251)], { type: 'image/jpeg' })
}

async function saved(phone: TestPhone, blob: Blob): Promise<string> {
  const { sha256 } = await phone.originals.keep(GRID, blob)
  await phone.originals.release([sha256])
  return sha256
}

async function send(phone: TestPhone): Promise<void> {
  for (const original of await phone.originals.waiting()) await phone.originals.send(phone.remote, original)
}

describe('the original of a photo', () => {
  it('is counted in chunks of 256 KiB', () => {
    expect(missing(CHUNK * 2 + 1, [1])).toEqual([0, 2])
    expect(missing(CHUNK, [])).toEqual([0])
    expect(missing(0, [])).toEqual([0])
  })

  it('stays on the phone until its record is saved', async () => {
    const phone = await testPhone()
    const { sha256 } = await phone.originals.keep(GRID, photo(10))
    expect(await phone.originals.waiting()).toEqual([])
    await phone.originals.drop([sha256])
    expect(await phone.originals.find(sha256)).toBeNull()
  })

  it('arrives whole, and its bytes leave the phone then', async () => {
    const phone = await testPhone()
    await phone.signIn()
    const blob = photo(CHUNK * 2 + 100)
    const address = await saved(phone, blob)
    await send(phone)
    expect(Buffer.from(await blob.arrayBuffer()).equals(phone.server.media(address))).toBe(true)
    expect(await phone.originals.find(address)).toMatchObject({ blob: null })
    expect(await phone.originals.waiting()).toEqual([])
  })

  it('goes on with the chunk at which the network broke', async () => {
    const phone = await testPhone()
    await phone.signIn()
    const address = await saved(phone, photo(CHUNK * 3))
    phone.server.behaviour.left = 3
    await expect(send(phone)).rejects.toThrow('Offline')
    delete phone.server.behaviour.left
    phone.server.asked.length = 0
    await send(phone)
    expect(phone.server.asked).toEqual([`HEAD /api/media/${GRID}/${address}`, `PUT /api/media/${GRID}/${address}/2`])
  })

  it('that the server refuses is set aside with the reason, and offered again by hand', async () => {
    const phone = await testPhone()
    await phone.signIn()
    phone.server.behaviour.refuseMedia = '不是可以接收的照片'
    const address = await saved(phone, photo(10))
    await send(phone)
    expect(await phone.originals.find(address)).toMatchObject({ refused: '不是可以接收的照片' })
    expect(await phone.originals.waiting()).toEqual([])
    await phone.originals.retry()
    expect(await phone.originals.waiting()).toHaveLength(1)
  })
})
