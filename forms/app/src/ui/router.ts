import { createRouter, createWebHashHistory, type Router } from 'vue-router'
import { isOnlyAuthor } from '../app/candidates'
import type { Seen } from './phone'
import FirstSync from './screens/FirstSync.vue'
import Household from './screens/Household.vue'
import Households from './screens/Households.vue'
import Me from './screens/Me.vue'
import Records from './screens/Records.vue'
import SignIn from './screens/SignIn.vue'
import Today from './screens/Today.vue'

/** The way through the app. Addresses hold ids only, behind `#`, so that the server never sees them. */
export function router(seen: Seen): Router {
  const made = createRouter({
    history: createWebHashHistory(),
    routes: [
      { path: '/', redirect: '/today' },
      { path: '/sign-in', component: SignIn, meta: { open: true } },
      { path: '/first-sync', component: FirstSync, meta: { open: true } },
      { path: '/today', component: Today, meta: { tab: 'today' } },
      { path: '/households', component: Households, meta: { tab: 'households' } },
      { path: '/households/:id', component: Household, props: true },
      { path: '/doors/:id', component: () => import('./screens/Door.vue'), props: true },
      { path: '/records', component: Records, meta: { tab: 'records' } },
      { path: '/records/:id', component: () => import('./screens/Record.vue'), props: true },
      { path: '/fill/:draft', component: () => import('./screens/Fill.vue'), props: true, meta: { filling: true } },
      { path: '/me', component: Me, meta: { tab: 'me' } },
      { path: '/try', component: () => import('./screens/Trials.vue'), meta: { tab: 'try' } },
      { path: '/try/:form', component: () => import('./screens/Trial.vue'), props: true, meta: { filling: true } },
      { path: '/:rest(.*)*', redirect: '/today' },
    ],
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  })
  made.beforeEach(to => {
    if (seen.session.value === null) return to.path === '/sign-in' || '/sign-in'
    if (!seen.ready.value) return to.meta.open === true || '/first-sync'
    return to.path === '/today' && isOnlyAuthor(seen.session.value) ? '/try' : true
  })
  return made
}
