package exp

import (
	"math/rand/v2"
	"strings"

	"rondo/backend/git"
)

const (
	adjectives = "able airy amber ample azure bold brave brief bright brisk calm clean clear coral crisp deep dry eager early even fair fine firm fleet fond frank free fresh full glad golden good grand great green hale happy hardy high humble jolly keen kind large light lively lone loyal lucid lucky main mellow merry mild neat new noble open plain polar prime proud pure quick quiet rapid rare ready rich ripe round royal safe sane sharp shy silent silver simple sleek slow smart smooth snug sober soft solar solid sound spare steady still stout sunny sure swift tall tame tidy tiny true trusty vast vivid warm wide wild wise witty young"
	nouns      = "acorn alder apple aspen badger bay beach bear beech birch bison bloom brook canyon cedar cliff cloud clover comet coral crane creek crow dale dawn deer delta dove dune eagle elm ember falcon fern field finch fir fjord flint forest fox frost gale garden glade goose grove gull harbor hare hawk hazel heath heron hill holly ibis iris island ivy jay juniper kelp kite lagoon lake larch lark leaf linden lotus lynx maple marsh meadow mesa mint moon moose moss oak ocean olive orca otter owl palm peak pearl pebble pine plum pond poplar quail rain raven reed reef ridge river robin rowan sage salmon seal shore sky snow spruce star stone stork stream swan tern thrush tide tulip tundra valley vine wave willow wind wolf wren yew"
)

// NewName makes a name up, such as brave-owl, that no experiment has that began at the commit.
func NewName(repo *git.Repo, baseline string) string {
	a, n := strings.Fields(adjectives), strings.Fields(nouns)
	for i := 0; ; i++ {
		name := a[rand.IntN(len(a))] + "-" + n[rand.IntN(len(n))]
		if i > len(a)*len(n) || !Has(repo, Place(baseline, name)) { // a name that is taken is refused later
			return name
		}
	}
}
