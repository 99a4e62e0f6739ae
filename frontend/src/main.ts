import { mount } from 'svelte'
import App from './App.svelte'
import { firstLocale, speak } from '$lib/i18n/index.svelte'
import { parse } from '$lib/route'
import { find } from './shell/routes'

// The first screen and its words are fetched side by side, before anything is drawn.
find(parse(location.hash).parts)?.load().catch(() => {}) // the page itself says what went wrong
await speak(firstLocale())
const target = document.getElementById('app')!
target.replaceChildren() // the still picture of the page, which index.html shows at once
mount(App, { target })
