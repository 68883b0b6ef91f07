// Operations by chance that can be done on what is there.
#pragma once

#include "power/power_steps.h"
#include "states/dice.h"

namespace rook::states {

// An operation on what `now` has; some change nothing.
power::Step make_random_step(Dice&, const power::Model& now);
// One of those that certainly do: it needs a batch.
power::Step make_changing_step(Dice&, const power::Model& now);
// A message that is queued and not waited for.
power::Step make_queued_step(Dice&, const power::Model& now);

}  // namespace rook::states
