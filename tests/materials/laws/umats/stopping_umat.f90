!> Isotropic elasticity by increments that stops beyond a strain, as user materials do that find no answer.
!!
!! props: Lame's constants, largest component of the strain
subroutine umat(stress, statev, ddsdde, sse, spd, scd, rpl, ddsddt, drplde, drpldt, stran, dstran, time, dtime, &
                temp, dtemp, predef, dpred, cmname, ndi, nshr, ntens, nstatv, props, nprops, coords, drot, pnewdt, &
                celent, dfgrd0, dfgrd1, noel, npt, layer, kspt, jstep, kinc)
  implicit none
  integer :: ndi, nshr, ntens, nstatv, nprops, noel, npt, layer, kspt, jstep(4), kinc
  real(8) :: stress(ntens), statev(*), ddsdde(ntens, ntens), sse, spd, scd, rpl, ddsddt(ntens), drplde(ntens)
  real(8) :: drpldt, stran(ntens), dstran(ntens), time(2), dtime, temp, dtemp, predef(*), dpred(*), props(nprops)
  real(8) :: coords(3), drot(3, 3), pnewdt, celent, dfgrd0(3, 3), dfgrd1(3, 3)
  character(80) :: cmname
  integer :: i

  ddsdde = 0
  ddsdde(1:ndi, 1:ndi) = props(1)
  do i = 1, ntens
    ddsdde(i, i) = ddsdde(i, i) + merge(2, 1, i <= ndi) * props(2)
  end do
  stress = stress + matmul(ddsdde, dstran)
  if (maxval(abs(stran + dstran)) > props(3)) then
    write (*, *) 'no answer for this strain'
    stop
  end if
end subroutine umat
