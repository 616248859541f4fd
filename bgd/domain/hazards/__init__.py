"""What works and will hurt, one theme a module; `bgd.domain.cautions` has the codes and the order."""
