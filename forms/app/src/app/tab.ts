/// One tab writes: a second one waits, and can take over.

const LOCK = 'jinlin-writer'

/** What the second tab says, in the reader's language. */
export interface Words {
  open: string
  take: string
}

/** Resolves when this tab is the only one that writes. Until then a page says so and offers to take over.
 *
 * A browser without Web Locks (plain http has none) is let through: it warns on its own.
 */
export async function soleWriter(words: Words): Promise<void> {
  if (!('locks' in navigator)) return
  if (await hold({ ifAvailable: true })) return
  await new Promise<void>(resolve => {
    void hold({}).then(() => resolve())
    show(words, async () => {
      await hold({ steal: true })
      resolve()
    })
  })
  document.getElementById('second-tab')?.remove()
}

/** Ask for the lock and keep it until the page is gone; gives whether it was granted. */
function hold(options: LockOptions): Promise<boolean> {
  return new Promise(resolve => {
    const held = navigator.locks.request(LOCK, options, lock => {
      resolve(lock !== null)
      return lock === null ? undefined : new Promise<void>(() => undefined)
    })
    // The lock was taken over by another tab: this one must not write any more.
    held.catch(() => location.reload())
  })
}

function show(said: Words, takeOver: () => Promise<void>): void {
  const page = document.createElement('div')
  page.id = 'second-tab'
  page.className = 'empty'
  page.dataset.testid = 'second-tab'
  const words = document.createElement('p')
  words.textContent = said.open
  const button = document.createElement('button')
  button.className = 'choice'
  button.dataset.testid = 'take-over'
  button.textContent = said.take
  button.addEventListener('click', () => void takeOver())
  page.append(words, button)
  document.body.append(page)
}
