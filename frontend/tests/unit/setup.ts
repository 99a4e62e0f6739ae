import { speak } from '$lib/i18n/index.svelte'

await speak('en')
